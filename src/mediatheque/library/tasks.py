"""Tasks: work that is deferred to a durable queue, in the transaction that makes it necessary.

A task runs at least once, and on two workers at the same time if one of them was wrongly taken for dead, so every task
must be safe to repeat. The package `worker` maps the names of tasks to operations.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.errors import NotFound
from mediatheque.records import jobs
from mediatheque.records.database import Connection, Database

TASKS: Mapping[str, Mapping[str, type]] = {
    "complete_upload": {"upload_id": UUID},
    "embed_asset": {"asset_id": UUID},
}
"""Every task and its arguments."""

_PRIORITIES = {"embed_asset": -1}  # an upload that a client waits for goes before the embedding of a whole import
_PAGE = 1_000
_STATES = {"todo": "waiting", "doing": "running", "failed": "parked"}


class FailedTask(msgspec.Struct, frozen=True):
    """A task that failed for good. It has no reason if its worker died before it could record one."""

    id: int
    task: str
    attempts: int
    arguments: dict[str, Any]
    reason: str | None
    failed_at: datetime | None


class TaskQueue:
    """The tasks in the queue, for operators and metrics."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def depths(self) -> dict[tuple[str, str], int]:
        """Return the queue depth per task and state. Every combination is present; empty ones are 0."""
        counted = {(task, state): 0 for task in TASKS for state in _STATES.values()}
        async with self._database.connection() as conn:
            for task, status, depth in await jobs.depths(conn):
                counted[task, _STATES[status]] = depth
        return counted

    async def failed(self) -> AsyncIterator[FailedTask]:
        """Yield every failed task, oldest first."""
        after = 0
        while True:
            async with self._database.connection() as conn:
                rows = await jobs.list_failed(conn, after, _PAGE)
            for row in rows:
                yield FailedTask(**row)
            if len(rows) < _PAGE:
                return
            after = rows[-1]["id"]

    async def retry(self, id: int | None = None) -> int:
        """Requeue the failed task, or all of them, and return how many. Raises `NotFound` for an unknown task."""
        async with self._database.transaction() as conn:
            number = await jobs.retry(conn, id)
        if id is not None and not number:
            raise NotFound(f"There is no parked task {id}.")
        return number


async def defer(conn: Connection, task: str, **arguments: Any) -> None:
    """Have the task run after the caller's transaction commits. Tasks with equal arguments run in order, one at a time.

    Raises `TypeError` when there is no such task or it takes other arguments.
    """
    parameters = TASKS.get(task)
    if parameters is None or parameters.keys() != arguments.keys():
        raise TypeError(f"there is no task {task}({', '.join(arguments)})")
    encoded = msgspec.to_builtins(arguments)
    lock = msgspec.json.encode([task, encoded], order="sorted").decode()
    await jobs.insert(conn, task=task, arguments=encoded, lock=lock, priority=_PRIORITIES.get(task, 0))
