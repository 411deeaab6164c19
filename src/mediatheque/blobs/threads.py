"""Threads for blocking calls on files."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

from mediatheque.blobs.errors import map_os_errors

_Args = TypeVarTuple("_Args")
_T = TypeVar("_T")


class ThreadRunner:
    """A pool of threads, started when first used."""

    def __init__(self, max_threads: int, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_threads, thread_name_prefix=name)

    async def run(self, work: Callable[[*_Args], _T], *args: *_Args) -> _T:
        """Return what `work` returns. Raises `StorageFull` or `BlobsUnavailable` when it raises `OSError`."""
        with map_os_errors():
            return await asyncio.wrap_future(self.submit(work, *args))

    def submit(self, work: Callable[[*_Args], _T], *args: *_Args) -> Future[_T]:
        """Start `work`. Its `OSError` is left as it is."""
        return self._executor.submit(work, *args)

    async def close(self) -> None:
        """Wait for the work in flight."""
        await asyncio.to_thread(self._executor.shutdown)
