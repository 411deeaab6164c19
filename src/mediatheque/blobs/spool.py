"""Bytes in flight: received, counted, hashed and written in one pass, with flat memory."""

import asyncio
import re
import secrets
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Self

from mediatheque.blobs.errors import map_os_errors
from mediatheque.blobs.spool_file import SpoolFile
from mediatheque.blobs.store import HEAD, PIECE
from mediatheque.errors import TooLarge

MAX_CHUNKS = 512
"""Chunks in a batch, so that a sender of tiny ones cannot make the batch cost more than its bytes."""

BATCH_BYTES, MIN_BATCH_BYTES = 16 * PIECE, PIECE // 4
"""Bytes that all spools of this process gather for their next batches, and what one of many still may."""

_NAME = re.compile(r"[0-9a-f]{32}\.spool", re.ASCII)
_threads = ThreadPoolExecutor(4, thread_name_prefix="spool")
_open: set["Spool"] = set()


class Spool:
    """One upload's file, made at the first write and removed on leaving unless a store has adopted it.

    Chunks are gathered to 1 MiB and landed on a thread while the next ones arrive: one batch fills, one is in the
    air, so an upload holds 2 MiB and a chunk. A file of up to 1 MiB costs one thread hop in all. Beyond 16 uploads
    at once batches are smaller, so that all together hold about 32 MiB.

    `head` holds the first bytes at once; `sha256` and the file at `path` are complete after `finish`, not durable.
    `limit` and `size` are in bytes.
    """

    def __init__(self, folder: Path, limit: int, head: int = HEAD) -> None:
        self.path = folder / f"{secrets.token_hex(16)}.spool"
        self.size = 0
        self.sha256 = b""
        self.head = b""
        self._limit = limit
        self._head_size = head
        self._landing = SpoolFile(self.path)
        self._batch: list[bytes] = []
        self._gathered = 0
        self._flight: Future[None] | None = None

    async def __aenter__(self) -> Self:
        _open.add(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        _open.discard(self)
        if self._left_behind():
            # Shielded: a second cancellation must not leave the file behind.
            with map_os_errors():
                await asyncio.shield(asyncio.wrap_future(_threads.submit(self._discard)))

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Takes the chunk; what is not `bytes` is copied, because its owner may change it.

        Raises `TooLarge` once more than `limit` bytes arrived, `StorageFull` and `BlobsUnavailable`.
        """
        data = chunk if isinstance(chunk, bytes) else bytes(chunk)
        self.size += len(data)
        if self.size > self._limit:  # the last line of defence: a body enforces its limit itself
            raise TooLarge(self._limit)
        if len(self.head) < self._head_size:
            self.head += data[: self._head_size - len(self.head)]
        self._batch.append(data)
        self._gathered += len(data)
        if self._gathered >= _share() or len(self._batch) >= MAX_CHUNKS:
            await self._send(last=False)

    async def finish(self) -> None:
        """Everything has arrived: when this returns, the file is complete and `sha256` known."""
        await self._send(last=True)
        await self._file()
        self.sha256 = self._landing.digest()

    async def _send(self, *, last: bool) -> None:
        await self._file()
        self._flight = _threads.submit(self._landing.write_batch, self._batch, last=last)
        self._batch, self._gathered = [], 0

    async def _file(self) -> None:
        if self._flight is not None:
            with map_os_errors():
                await asyncio.wrap_future(self._flight)

    def _left_behind(self) -> bool:
        """Whether there is a file to remove. Asked of a name just used, the file system answers from memory."""
        return self._flight is not None and (not self.sha256 or self.path.exists())

    def _discard(self) -> None:
        """On a thread. A batch still in the air lands first: the file is closed behind it, not under it."""
        if self._flight is not None:
            wait([self._flight])
        self._landing.discard()


def _share() -> int:
    return max(MIN_BATCH_BYTES, min(PIECE, BATCH_BYTES // max(1, len(_open))))


def clear_spool(folder: Path) -> int:
    """Removes what a crash left in the folder and returns how many files. Blocking; only while nobody spools there."""
    with map_os_errors():
        left = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
        for path in left:
            path.unlink(missing_ok=True)
    return len(left)
