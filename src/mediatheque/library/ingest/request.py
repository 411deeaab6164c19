"""What a door hands to the intake."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import msgspec

from mediatheque.errors import Invalid
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.policy import Policy
from mediatheque.model import DeclaredMetadata, FileDefaults, Provenance, Upload


class ByteSink(Protocol):
    """Where bytes go."""

    async def write(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes."""
        ...


class Body(Protocol):
    """Where bytes come from: a raw body, a form, another server."""

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Write all bytes to the sink, then say what the sender called them."""
        ...


class StoredBytes(msgspec.Struct, frozen=True):
    """Bytes that are in the store already, under a key that a placement notes, and what their sender said of them.

    `shared`: other attempts may use the same bytes, so that a refusal leaves them to their owner.
    """

    key: str
    declared: DeclaredMetadata
    shared: bool = True


class AssetFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an asset is given beside its file. `id` is the one that was promised, if any.

    `tag_ids`, `collection_id` and `folder_id` must exist in the workspace; the folder outside of the trash.
    """

    id: UUID | None = None
    caption: str | None = None
    title: str | None = None
    provenance: Provenance | None = None
    favorite: bool = False
    tag_ids: tuple[UUID, ...] = ()
    collection_id: UUID | None = None
    folder_id: UUID | None = None

    def __post_init__(self) -> None:
        """Raise `Invalid` for text that PostgreSQL cannot hold, and for inputs of no request."""
        if "\0" in (self.caption or "") or "\0" in (self.title or ""):
            raise Invalid("Text may not contain the character NUL.")
        if self.provenance and self.provenance.inputs and self.provenance.request_id is None:
            raise Invalid("Inputs are those of a request: name it by request_id.", param="request_id")


class IngestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes offered to a workspace, and what is to become of them.

    `describe` makes the asset's details once the body's labels are known; None makes a file without an asset.
    `upload` is the promise that these bytes keep, `sha256` what they were announced to be, `origin_url` where they were
    read from, `defaults` how long the file stays and for whom.
    """

    workspace_id: UUID
    body: Body | StoredBytes
    policy: Policy
    describe: Callable[[DeclaredMetadata], AssetFields] | None = None
    claim: Claim | None = None
    upload: Upload | None = None
    sha256: bytes | None = None
    origin_url: str | None = None
    defaults: FileDefaults = FileDefaults()
