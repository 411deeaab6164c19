"""What a door hands to the intake."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import msgspec

from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.policy import Policy
from mediatheque.model import DeclaredMetadata, FileDefaults, Upload


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
