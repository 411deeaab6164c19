"""What an asset must be like to belong to a smart collection."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec


class Field(enum.StrEnum):
    """What can be asked about."""

    ENDPOINT = "endpoint"
    STATUS = "status"
    TYPE = "type"
    SOURCE = "source"
    CREATED_AT = "created_at"


class Operator(enum.StrEnum):
    """How it is compared."""

    EQ = "eq"
    NEQ = "neq"
    IN = "in"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


class Comparison(msgspec.Struct, frozen=True):
    """One field against one value, or with `IN` against some."""

    field: Field
    operator: Operator
    values: tuple[str | datetime, ...]


class SimilarTo(msgspec.Struct, frozen=True):
    """What looks or reads like an example, at least so much: 0 to 1, as a search says similarity.

    The example is a text, or the URL of a picture or a video.
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
    """Certain assets: those that were found to resemble an example."""

    ids: tuple[UUID, ...]


class And(msgspec.Struct, frozen=True):
    """All of the parts hold."""

    parts: tuple["Condition", ...]


class Or(msgspec.Struct, frozen=True):
    """One of the parts holds."""

    parts: tuple["Condition", ...]


Condition = Comparison | SimilarTo | IdIn | And | Or
