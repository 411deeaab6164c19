"""The interface of a store of blobs."""

import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec

from mediatheque.blobs.mark import Mark
from mediatheque.model import UploadedPart

CHUNK_BYTES = 1024 * 1024
"""Size of one chunk of `read`, and of one write of the spool."""

HEAD_BYTES = 65_536
"""Bytes at the beginning of a file that formats are recognised by."""

TRUNCATED_MESSAGE = "Stored bytes end too early."
"""Message of the `BlobsUnavailable` that is raised when a file is shorter than expected."""

_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)


class ObjectSummary(msgspec.Struct, frozen=True):
    """One entry of a listing. `size` in bytes; `last_modified` is when the store took the blob, aware UTC."""

    key: str
    size: int
    last_modified: datetime


class HashedFile(Protocol):
    """Complete content. `size` in bytes; `head` is its first bytes, `sha256` and `crc32` are those of all of them.

    `content` is all of them where they are in memory, and None where they are in a file at `path`.
    """

    @property
    def path(self) -> Path: ...  # noqa: D102

    @property
    def size(self) -> int: ...  # noqa: D102

    @property
    def sha256(self) -> bytes: ...  # noqa: D102

    @property
    def crc32(self) -> int: ...  # noqa: D102

    @property
    def head(self) -> bytes: ...  # noqa: D102

    @property
    def content(self) -> bytes | None: ...  # noqa: D102


class LocalCopy(Protocol):
    """A blob as a local file, which must not be changed."""

    @property
    def path(self) -> Path: ...  # noqa: D102

    async def hash(self) -> HashedFile:
        """Return the file with its size, digest and first bytes. Reads all of it, if it is the store's own file.

        Raises `NotFound` when the blob has been deleted meanwhile.
        """
        ...


class Parts(Protocol):
    """Multipart uploads: bytes that arrive in numbered parts, in any order, and then become a blob.

    Raises what a store raises. Different parts of one key may be written at the same time.
    """

    async def create(self, key: str) -> str:
        """Begin an upload that is to become the blob `key`. Return its id, of at most 2,000 characters."""
        ...

    async def upload_part(self, key: str, multipart_id: str, number: int, path: Path, size: int) -> str:
        """Store the file's `size` bytes durably as part `number`, in place of an earlier one. Return its ETag.

        The caller removes `path`. Raises `NotFound` when the upload was completed or aborted.
        """
        ...

    async def complete(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> None:
        """Make the blob `key` of these parts, at least one and ascending by number; delete all others.

        May be called again after a crash, with the same parts. Raises `NotFound` when one of them is missing.
        """
        ...

    async def abort(self, key: str, multipart_id: str) -> None:
        """Delete all parts, if there are any. A blob that the upload was completed to stays."""
        ...

    async def close(self) -> None:
        """Wait for the work in flight."""
        ...


class BlobStore(Protocol):
    """A store of bytes under random keys.

    Every method raises `BlobsUnavailable` when the store does not answer, and `StorageFull` when it has no space
    left. Once `mark.expected` is set, a store without that mark is another store: it takes, deletes and lists nothing,
    and what it lacks is not called missing (`StoreMismatch`). A key that no store made is treated as one that does not
    exist. A blob never changes: its key is written once.
    """

    spool: Path
    """Folder for bytes in flight; for a disk, on the same file system as the blobs."""

    parts: Parts
    """Multipart uploads into this store."""

    mark: Mark
    """Which library the store belongs to."""

    location: str
    """The folder, or the bucket's URL without its settings, for messages to the operator."""

    async def prepare(self) -> None:
        """Create what a store needs before its first blob, where it is missing."""
        ...

    async def put_file(self, path: Path, key: str | None = None) -> str:
        """Move the spool file into the store under `key`, or a new one, and return the key.

        When it returns, the bytes are durable and `path` is gone. On failure or cancellation the caller removes
        `path`, and the store holds either nothing or, at worst, bytes that no row names: `list_objects` finds those.
        """
        ...

    async def put_bytes(self, content: bytes, key: str) -> None:
        """Store the bytes, at most a few MiB, under `key`. When it returns, they are durable.

        On failure or cancellation the store holds nothing, or at worst bytes that no row names, as with `put_file`.
        """
        ...

    async def size(self, key: str) -> int | None:
        """Return the bytes stored under `key`, or None when the blob does not exist."""
        ...

    def read(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Yield exactly `length` bytes from `start`, in chunks of about 1 MiB.

        Raises `NotFound` before the first chunk when the blob does not exist, and `BlobsUnavailable` when it ends
        too early. Close the iterator (`contextlib.aclosing`) when leaving it before its end.
        """
        ...

    def open_local(self, key: str) -> AbstractAsyncContextManager[LocalCopy]:
        """Yield the blob as a local file: the disk's own, or a copy fetched from the bucket into the spool folder.

        Raises `NotFound` when the blob does not exist.
        """
        ...

    def local_path(self, key: str) -> Path | None:
        """Return the path of the blob's own file, whether it exists or not; None when blobs are not local files.

        For a file that is sent by its path, at any later time. Raises `NotFound` when `key` is not a key.
        """
        ...

    async def internal_uri(self, key: str, *, seconds: int) -> str:
        """Return where a web server in front of this one finds the blob, whether it exists or not.

        On a disk that is the path below the folder of the store; in a bucket, the path and query of a URL on the
        bucket's endpoint, with which anyone can read the blob for `seconds`. It does not begin with a slash. Raises
        `NotFound` when `key` is not a key.
        """
        ...

    async def delete(self, key: str) -> None:
        """Delete the blob, if it exists."""
        ...

    def list_objects(self, *, allow_missing: bool = False) -> AsyncIterator[ObjectSummary]:
        """Yield every blob, in any order and with flat memory. Concurrent puts and deletes may be missed.

        A missing folder of the store raises `BlobsUnavailable`; with `allow_missing` it has no blobs.
        """
        ...

    async def ready(self) -> None:
        """Return when the store answers. Raises `BlobsUnavailable` within seconds when it does not."""
        ...

    async def close(self) -> None:
        """Wait for the work in flight. The store cannot be used afterwards."""
        ...


class Presigned(msgspec.Struct, frozen=True):
    """A URL that a client sends bytes to directly, and the headers it must send with them, in lower case."""

    url: str
    headers: dict[str, str]


@runtime_checkable
class Presigns(Protocol):
    """An optional capability: clients send bytes to the store directly, into a quarantine that is never served.

    A presigned URL can be used again until it expires, so what is checked must be the copy made by `promote`.
    """

    async def presign(self, key: str, *, size: int, seconds: int) -> Presigned:
        """Return a URL that accepts a PUT of exactly `size` bytes, for `seconds`."""
        ...

    async def promote(self, key: str, target: str) -> int | None:
        """Copy, inside the store, what was sent under `key` to the blob key `target`, which no URL names.

        Return its size in bytes, or None when nothing was sent.
        """
        ...

    async def delete_quarantined(self, key: str) -> None:
        """Delete what was sent under `key`, if anything was."""
        ...


def new_key() -> str:
    """Return a new random key: 128 bits, as 32 hex digits."""
    return secrets.token_hex(16)


def is_key(text: str) -> bool:
    """Whether `text` has the form of a key. Only such a text may become part of a path."""
    return _KEY.fullmatch(text) is not None
