"""Work that is completed even when its caller is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")


async def run_to_completion(work: Awaitable[_T], on_cancel: Callable[[], None] | None = None) -> _T:
    """Return what `work` returns. A cancelled caller calls `on_cancel`, waits until `work` has ended, then stops."""
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        if on_cancel is not None:
            on_cancel()
        await asyncio.wait([running])
        raise
