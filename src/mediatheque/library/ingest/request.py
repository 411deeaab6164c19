"""What an endpoint asks the pipeline to store."""

import hashlib
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

import msgspec

from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.policy import Policy
from mediatheque.model import DeclaredMetadata, FileDefaults, Upload


class ByteSink(Protocol):
    """A destination of bytes."""

    async def write(self, chunk: bytes | memoryview) -> None:
        """Accept the next bytes."""
        ...


class Body(Protocol):
    """A source of bytes: a raw request body, a form, another server."""

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Write all bytes to the sink and return what the sender declared about them."""
        ...


async def sha256_of(body: Body) -> bytes:
    """Read the body without storing it, and return the SHA-256 of its bytes."""
    sink = _HashingSink()
    await body.stream_to(sink)
    return sink.hash.digest()


class StoredBytes(msgspec.Struct, frozen=True):
    """Bytes that are in the store, under a key with a pending write, and what the sender declared about them.

    `shared`: concurrent requests may use the same bytes, so a refusal does not delete them.
    """

    key: str
    declared: DeclaredMetadata
    shared: bool = True


class IngestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Content for a workspace, and what to make of it.

    `describe` makes the asset's fields of the declared metadata; without it, a file without an asset is made. `upload`
    is the upload session that the content completes, `sha256` its declared checksum, `origin_url` the URL that it was
    read from, `defaults` the file's lifetime and access.
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


class _HashingSink:
    """A sink that only hashes."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    async def write(self, chunk: bytes | memoryview) -> None:
        self.hash.update(chunk)
