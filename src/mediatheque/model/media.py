"""What bytes are."""

import enum
from uuid import UUID

import msgspec


class Kind(enum.StrEnum):
    """What a person would call the file."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    MODEL = "3d"
    DOCUMENT = "document"


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """What the first bytes claim to be."""

    mime: str
    kind: Kind
    extension: str


class MediaInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the decoder found in the file itself. `None` where the kind has no such fact."""

    mime: str
    kind: Kind
    width: int | None = None
    height: int | None = None
    duration: float | None = None


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes, unique by SHA-256 and size within a workspace, and the facts that depend on the bytes alone."""

    id: UUID
    workspace_id: UUID
    sha256: bytes
    size: int
    storage_key: str
    media_info: MediaInfo
