"""The mark of a store: the id of the library that the store belongs to, written into the folder or bucket."""

from typing import Protocol
from uuid import UUID

import structlog

from mediatheque.errors import BlobsUnavailable

NAME = "library/id"
"""Path of the file, or name of the object, that holds the mark. It is no key, so that no blob has this name."""

_NOTE = "This store of blobs belongs to the Mediatheque library with this id. Copy this file with the blobs."
_log = structlog.get_logger()


class StoreMismatch(BlobsUnavailable):
    """The file store is temporarily unavailable: it is not the one of this library."""


class Mark(Protocol):
    """The mark of a store, and the id that this process expects there.

    Without an expected id nothing is checked.
    """

    expected: UUID | None

    async def read(self) -> UUID | None:
        """Return the id in the store, or None when there is none. Raises `BlobsUnavailable` when it cannot be read."""
        ...

    async def write(self, library: UUID) -> None:
        """Write the id durably, in place of another one. Creates the folder of a store that has none yet."""
        ...


def render(library: UUID) -> bytes:
    """Return the content of the mark."""
    return f"{library}\n{_NOTE}\n".encode()


def parse(content: bytes) -> UUID | None:
    """Return the id of a mark; None for a file that was cut short, as a crash can leave it."""
    try:
        return UUID(content.split(b"\n", 1)[0].decode())
    except ValueError:
        return None


def require(found: UUID | None, expected: UUID) -> None:
    """Raise `StoreMismatch` unless the store has the expected mark."""
    if found != expected:
        _log.warning("blob_store_mismatch", found=str(found), expected=str(expected))
        raise StoreMismatch
