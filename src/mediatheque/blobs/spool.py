"""Bytes in flight: received, counted, hashed and written in one pass, with flat memory."""

import asyncio
import re
import secrets
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from typing import Self

from mediatheque.blobs.errors import map_os_errors
from mediatheque.blobs.hashes import ContentHashes
from mediatheque.blobs.spool_file import SpoolFile
from mediatheque.blobs.store import CHUNK_BYTES, HEAD_BYTES, BlobStore
from mediatheque.blobs.threads import ThreadRunner
from mediatheque.errors import TooLarge

MAX_CHUNKS = 512
"""Chunks in a batch, so that a sender of tiny ones cannot make the batch cost more than its bytes."""

ALL_BATCHES_BYTES = 16 * CHUNK_BYTES
"""Bytes that all spools of this process together gather for their next batches."""

MIN_BATCH_BYTES = CHUNK_BYTES // 4
"""Bytes that each spool may gather, however many there are."""

_NAME = re.compile(r"[0-9a-f]{32}\.spool", re.ASCII)
_threads = ThreadRunner(4, "spool")
_open_spools: set["Spool"] = set()


class Spool:
    """One upload's file, created by the first write and deleted on leaving unless a store has taken it.

    Chunks are gathered to 1 MiB and written on a thread while the next ones arrive: one batch fills while another is
    written, so an upload holds 2 MiB and a chunk. Beyond 16 concurrent uploads batches are smaller, so that all
    together hold about 32 MiB. With `in_memory`, what fits into the first batch is not written: after `finish` it is
    the `content`, and there is no file.

    `head` holds the first bytes at once; `sha256`, `crc32` and the file at `path` are complete after `finish`, not
    durable.
    `limit` and `size` are in bytes.
    """

    def __init__(self, folder: Path, limit: int, head_bytes: int = HEAD_BYTES, *, in_memory: bool = False) -> None:
        self.path = folder / f"{secrets.token_hex(16)}.spool"
        self.size = 0
        self.sha256 = b""
        self.crc32 = 0
        self.head = b""
        self.content: bytes | None = None
        self._limit = limit
        self._head_bytes = head_bytes
        self._file = SpoolFile(self.path)
        self._batch: list[bytes] = []
        self._batched = 0
        self._writing: Future[None] | None = None
        self._hashes = ContentHashes() if in_memory else None

    async def __aenter__(self) -> Self:
        _open_spools.add(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        _open_spools.discard(self)
        if self._exists():
            # Shielded: a second cancellation must not leave the file behind.
            with map_os_errors():
                await asyncio.shield(asyncio.wrap_future(_threads.submit(self._discard)))

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Add the chunk. A chunk that is not `bytes` is copied, because its owner may change it.

        Raises `TooLarge` once more than `limit` bytes arrived, `StorageFull` and `BlobsUnavailable`.
        """
        data = chunk if isinstance(chunk, bytes) else bytes(chunk)
        self.size += len(data)
        if self.size > self._limit:  # the last line of defence: a body enforces its limit itself
            raise TooLarge(self._limit)
        if len(self.head) < self._head_bytes:
            self.head += data[: self._head_bytes - len(self.head)]
        if self._hashes is not None:
            self._hashes.update(data)
        self._batch.append(data)
        self._batched += len(data)
        if self._batched >= _batch_bytes() or len(self._batch) >= MAX_CHUNKS:
            self._hashes = None  # those of the file begin anew
            await self._write_batch(last=False)

    async def finish(self) -> None:
        """Write what remains. When this returns, the file or `content` is complete and its hashes are known."""
        if self._hashes is not None:
            self.content, self._batch = b"".join(self._batch), []
            self.sha256, self.crc32 = self._hashes.sha256, self._hashes.crc32
            return
        await self._write_batch(last=True)
        await self._wait_for_write()
        self.sha256, self.crc32 = self._file.hashes.sha256, self._file.hashes.crc32

    async def move_to(self, store: BlobStore, key: str) -> None:
        """Store the bytes durably under the key, after `finish`. Raises what the store raises; then they are kept."""
        if self.content is None:
            await store.put_file(self.path, key)
        else:
            await store.put_bytes(self.content, key)

    async def _write_batch(self, *, last: bool) -> None:
        await self._wait_for_write()
        self._writing = _threads.submit(partial(self._file.write_batch, self._batch, last=last))
        self._batch, self._batched = [], 0

    async def _wait_for_write(self) -> None:
        if self._writing is not None:
            with map_os_errors():
                await asyncio.wrap_future(self._writing)

    def _exists(self) -> bool:
        """Whether there is a file to delete. The name was just used, so the kernel answers from memory."""
        return self._writing is not None and (not self.sha256 or self.path.exists())

    def _discard(self) -> None:
        """Run on a thread: wait for a batch that is still being written, then close and delete the file."""
        if self._writing is not None:
            wait([self._writing])
        self._file.discard()


def _batch_bytes() -> int:
    return max(MIN_BATCH_BYTES, min(CHUNK_BYTES, ALL_BATCHES_BYTES // max(1, len(_open_spools))))


def clear_spool(folder: Path) -> int:
    """Delete the spool files that a crash left in the folder and return their number.

    Blocking. Call it only while no process writes spool files there.
    """
    with map_os_errors():
        paths = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
        for path in paths:
            path.unlink(missing_ok=True)
    return len(paths)
