"""Work that must come to its end, whoever stops waiting for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")


async def run_to_completion(work: Awaitable[_T], abandon: Callable[[], None] | None = None) -> _T:
    """What `work` returns. When cancelled, asks it by `abandon` to end early, and is cancelled once it has ended."""
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        if abandon is not None:
            abandon()
        await asyncio.wait([running])
        raise
