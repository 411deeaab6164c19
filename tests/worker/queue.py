"""What stands in the queue, and workers that stop with the test."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from mediatheque.library import Library, tasks
from mediatheque.records.database import Database
from mediatheque.worker import Worker


class Queue:
    """The queue, looked at past procrastinate."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def put(self, upload_id: UUID) -> None:
        async with self.database.transaction() as conn:
            await tasks.defer(conn, "complete_upload", upload_id=upload_id)

    async def jobs(self) -> list[dict[str, Any]]:
        return await self.query("SELECT * FROM procrastinate_jobs ORDER BY id")

    async def states(self) -> list[str]:
        return [job["status"] for job in await self.jobs()]

    async def query(self, text: str, *parameters: object) -> list[dict[str, Any]]:
        async with self.database.connection() as conn:
            cursor = await conn.execute(text.encode(), parameters)
            return await cursor.fetchall() if cursor.description else []


class FakeHandler:
    """A verb that does what it is told, in turn, and remembers what it was called with."""

    def __init__(self, *outcomes: BaseException | float | asyncio.Event) -> None:
        self.calls: list[Any] = []
        self.finished: list[Any] = []
        self._outcomes = list(outcomes)

    async def __call__(self, *arguments: Any) -> None:
        self.calls.append(arguments)
        outcome = self._outcomes.pop(0) if self._outcomes else 0
        if isinstance(outcome, BaseException):
            raise outcome
        await (outcome.wait() if isinstance(outcome, asyncio.Event) else asyncio.sleep(outcome))
        self.finished.append(arguments)


@asynccontextmanager
async def working(
    library: Library, verb: FakeHandler, *, grace: float = 5, sweep_seconds: float = 1000
) -> AsyncIterator[asyncio.Task[None]]:
    """A worker that is told to end when the block does."""
    worker = Worker(library, sweep_seconds=sweep_seconds, grace=grace, handlers={"complete_upload": verb})
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


async def eventually(what: Callable[[], Awaitable[object] | object], seconds: float = 60) -> float:
    """Seconds until it was so."""
    begun = time.monotonic()
    while True:
        answer = what()
        if await answer if isinstance(answer, Awaitable) else answer:
            return time.monotonic() - begun
        assert time.monotonic() - begun < seconds, "it did not happen"
        await asyncio.sleep(0.02)
