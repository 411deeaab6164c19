"""What a store of blobs can do."""

import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec

from mediatheque.model import UploadedPart

PIECE = 1024 * 1024
"""Bytes in one chunk of `read`, and in one write of the spool."""

HEAD = 4096
"""Bytes at the beginning that tell what a file is."""

ENDS_EARLY = "Stored bytes end too early."
"""Says the error that `read` raises for a blob shorter than was asked for."""

_KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Stored(msgspec.Struct, frozen=True):
    """One blob in a store. `size` in bytes; `modified` is when the store took it, aware UTC."""

    key: str
    size: int
    modified: datetime


class LocalCopy(Protocol):
    """Bytes as a local file. `size` in bytes; `head` holds the first of them, `sha256` is that of all."""

    path: Path
    size: int
    sha256: bytes
    head: bytes


class Parts(Protocol):
    """Bytes that come in numbered parts, in any order, before they are a blob.

    Raises what a store raises. One part is written by one caller at a time; different parts of one key by many.
    """

    async def begin(self, key: str) -> str:
        """Makes room under `key`; the handle, of at most 2,000 characters, is to be kept and shown again."""
        ...

    async def write(self, key: str, handle: str, number: int, path: Path, size: int) -> str:
        """Keeps the file's `size` bytes as part `number`, in place of an earlier one; durable when it returns.

        Returns what `complete` wants to see again. `path` stays its owner's. `NotFound` for parts that were dropped.
        """
        ...

    async def complete(self, key: str, handle: str, pieces: Sequence[UploadedPart]) -> None:
        """The pieces, at least one and ascending by number, are the bytes under `key`; other parts are dropped.

        May be called again after a crash, with the same pieces. `NotFound` if a piece is not there.
        """
        ...

    async def abort(self, key: str, handle: str) -> None:
        """After this there are no parts; there need not have been any. What was joined stays."""
        ...

    async def close(self) -> None:
        """Waits for work in flight."""
        ...


class BlobStore(Protocol):
    """Keeps bytes under keys of its own making.

    Every verb raises `BlobsUnavailable` when the store does not answer, and `StorageFull` when there is no room. A
    key that no store made is one that is not there. Blobs never change: a key is written once.
    """

    spool: Path
    """Folder for bytes in flight; for a disk, on the same file system as the blobs."""

    parts: Parts
    """Room for bytes that come in parts, on the same store."""

    async def put_file(self, path: Path, key: str | None = None) -> str:
        """Takes the spool file over under `key`, or a new one, and returns it.

        When it returns, the bytes are durable and `path` gone.

        On failure or cancellation `path` is its owner's to remove, and the store holds either nothing or, at worst,
        whole bytes that no row names: `list_keys` finds those.
        """
        ...

    async def size(self, key: str) -> int | None:
        """Bytes stored under `key`; `None` says that the store is there and the bytes are not."""
        ...

    def read(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        """Exactly `length` bytes from `start`, in chunks of about 1 MiB.

        Raises `NotFound` before the first chunk where there are no such bytes, and `BlobsUnavailable` where they end
        too early. Close the iterator (`contextlib.aclosing`) when leaving it before its end.
        """
        ...

    def open_local(self, key: str) -> AbstractAsyncContextManager[LocalCopy]:
        """The bytes under `key` as a local file, hashed; a bucket's are fetched into the spool. `NotFound`."""
        ...

    async def delete(self, key: str) -> None:
        """After this there are no such bytes; there need not have been any."""
        ...

    def list_keys(self) -> AsyncIterator[Stored]:
        """Everything stored, in any order, without holding it all. What comes or goes meanwhile may be missed."""
        ...

    async def ready(self) -> None:
        """Returns when the store answers, else raises `BlobsUnavailable` within seconds."""
        ...

    async def close(self) -> None:
        """Ends work in flight. The store cannot be used afterwards."""
        ...


@runtime_checkable
class OnDisk(Protocol):
    """An extra ability: the bytes are local files, which a server can send by itself."""

    def path(self, key: str) -> Path:
        """Where the bytes of `key` are, or would be. Raises `NotFound` for what is no key."""
        ...


class Presigned(msgspec.Struct, frozen=True):
    """Where a client sends bytes without us, and the headers it must send with them, in lower case."""

    url: str
    headers: dict[str, str]


@runtime_checkable
class Presigns(Protocol):
    """An extra ability: clients send bytes to the store themselves, into a quarantine that nothing is served from.

    A presigned URL can be used again until it expires: what is checked must be what `promote` copied.
    """

    async def presign(self, key: str, *, size: int, seconds: int) -> Presigned:
        """A URL that takes exactly `size` bytes by PUT, for so many seconds."""
        ...

    async def promote(self, key: str, target: str) -> int | None:
        """Copies, inside the store, what was sent under `key` to the blob key `target`, which no URL names.

        Its size in bytes; None if nothing was sent.
        """
        ...

    async def delete_quarantined(self, key: str) -> None:
        """Removes what was sent under `key`; there need not be anything."""
        ...


def new_key() -> str:
    """A fresh key: 128 random bits, 32 hex digits."""
    return secrets.token_hex(16)


def is_key(text: str) -> bool:
    """Whether a store could have made this key. Nothing else may become part of a path."""
    return _KEY.fullmatch(text) is not None
