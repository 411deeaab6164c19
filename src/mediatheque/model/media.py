"""Blobs and what is known about their bytes."""

import enum
from uuid import UUID

import msgspec


class Kind(enum.StrEnum):
    """The kind of media."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    MODEL = "3d"
    DOCUMENT = "document"


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """The format that the first bytes show."""

    mime: str
    kind: Kind
    extension: str


class MediaInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the decoder read from the file. Facts that the kind does not have are None."""

    mime: str
    kind: Kind
    width: int | None = None
    height: int | None = None
    duration: float | None = None


class BlobState(enum.StrEnum):
    """What became of the attempt to decode the pixels of a blob, if it failed."""

    DAMAGED = "damaged"
    """They do not decode."""
    UNDECODED = "undecoded"
    """The attempt exceeded a limit of time or memory, or nothing here decodes them."""


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """Stored bytes, unique by SHA-256 and size in a workspace, with the facts that depend only on the bytes.

    `crc32` is None for blobs of older versions, until a task computes it. `state` and `state_reason`, a sentence, are
    None until decoding the pixels has failed, which a task tries.
    """

    id: UUID
    workspace_id: UUID
    sha256: bytes
    size: int
    storage_key: str
    media_info: MediaInfo
    crc32: int | None = None
    state: BlobState | None = None
    state_reason: str | None = None

    def of_type(self, mime: str) -> "Blob":
        """Return the same blob with another type, for a file whose bytes do not tell it."""
        return msgspec.structs.replace(self, media_info=msgspec.structs.replace(self.media_info, mime=mime))
