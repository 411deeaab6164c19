"""Conditions on assets: the filters of smart collections."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec


class Field(enum.StrEnum):
    """The fields that a condition can compare."""

    ENDPOINT = "endpoint"
    STATUS = "status"
    TYPE = "type"
    SOURCE = "source"
    CREATED_AT = "created_at"


class Operator(enum.StrEnum):
    """The operators of comparisons."""

    EQ = "eq"
    NEQ = "neq"
    IN = "in"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


class Comparison(msgspec.Struct, frozen=True):
    """A comparison of a field with one value, or with `IN` with several."""

    field: Field
    operator: Operator
    values: tuple[str | datetime, ...]


class SimilarTo(msgspec.Struct, frozen=True):
    """Similarity to an example of at least `min_similarity`, from 0 to 1, as search reports it.

    The example is a text, or the URL of an image or a video.
    """

    min_similarity: float
    text: str | None = None
    image_url: str | None = None
    video_url: str | None = None

    @property
    def url(self) -> str | None:
        """The example file's URL; None for an example that is a text."""
        return self.image_url or self.video_url


class IdIn(msgspec.Struct, frozen=True):
    """The asset is one of these: the result of a `SimilarTo`."""

    ids: tuple[UUID, ...]


class And(msgspec.Struct, frozen=True):
    """Every part holds."""

    parts: tuple["Condition", ...]


class Or(msgspec.Struct, frozen=True):
    """At least one part holds."""

    parts: tuple["Condition", ...]


Condition = Comparison | SimilarTo | IdIn | And | Or
