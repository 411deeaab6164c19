"""Conditions on assets: the filters of lists, searches, facets and smart collections."""

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
    MIME_TYPE = "mime_type"
    REQUEST_ID = "request_id"
    EXTERNAL_ID = "external_id"
    SIZE = "size"
    WIDTH = "width"
    HEIGHT = "height"
    DURATION = "duration"
    FAVORITE = "favorite"
    FOLDER = "folder_id"
    TAG = "tag_id"
    COLLECTION = "collection_id"


class Operator(enum.StrEnum):
    """The operators of comparisons."""

    EQ = "eq"
    NEQ = "neq"
    IN = "in"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


ORDERED = (Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
"""The operators that compare sizes."""


class Comparison(msgspec.Struct, frozen=True):
    """A comparison of a field with one value, or with `IN` with several.

    A field without a value differs from every value. Of tags and collections an asset has several: it suffices that
    one of them is the value, and with `NEQ` none may be.
    """

    field: Field
    operator: Operator
    values: tuple[str | datetime | int | float | UUID, ...]


class Document(enum.StrEnum):
    """A JSON object beside an asset."""

    METADATA = "metadata"
    """What the client has attached."""
    GENERATION = "generation"
    """How the file was generated, as it says itself."""


MAX_KEYS = 8
"""The number of keys in a path."""
KeyPath = tuple[str, ...]
"""Keys of a JSON object, each in the object that the one before it leads to. Where a list stands, each of its elements
is looked at."""
Scalar = str | int | float | bool


class DocumentComparison(msgspec.Struct, frozen=True):
    """A comparison of what stands at a path with one value, or with `IN` with several.

    Values of different JSON types are never equal, and only numbers are ordered. Where there are several values at the
    path, one suffices; `NEQ` is the opposite of `EQ`.
    """

    document: Document
    path: KeyPath
    operator: Operator
    values: tuple[Scalar, ...]


class DocumentExists(msgspec.Struct, frozen=True):
    """There is something at the path, be it null; or with `exists` false, nothing."""

    document: Document
    path: KeyPath
    exists: bool = True


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


Condition = Comparison | DocumentComparison | DocumentExists | SimilarTo | IdIn | And | Or


def required(condition: Condition | None) -> tuple[Condition, ...]:
    """Return conditions that all hold where this one does."""
    match condition:
        case None:
            return ()
        case And(parts):
            return tuple(each for part in parts for each in required(part))
        case _:
            return (condition,)


def both(first: Condition | None, second: Condition | None) -> Condition | None:
    """Return the condition that both hold; None stands for one that always holds."""
    if first is None or second is None:
        return first or second
    return And((first, second))
