"""Work for later: tasks by name, put into the durable queue in the transaction of the work that they belong to.

A task is done at least once, by whichever worker is free, perhaps by two at the same time if one of them was taken for
dead: what it does must bear that. The room `worker` knows which verb each name stands for.
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
"""Every task, and the arguments that it takes."""
_PRIORITIES = {"embed_asset": -1}  # nobody who waits for an upload shall wait for a whole import to be embedded
_PAGE = 1_000
_STATES = {"todo": "waiting", "doing": "running", "failed": "parked"}


async def depths(database: Database) -> dict[tuple[str, str], int]:
    """How many tasks of each name wait, are being done and were given up; all of them, be there none."""
    counted = {(task, state): 0 for task in TASKS for state in _STATES.values()}
    async with database.connection() as conn:
        for task, status, depth in await jobs.depths(conn):
            counted[task, _STATES[status]] = depth
    return counted


class FailedTask(msgspec.Struct, frozen=True):
    """A task that was given up after so many tries. Without a reason if its worker ended before it could note one."""

    id: int
    task: str
    attempts: int
    arguments: dict[str, Any]
    reason: str | None
    failed_at: datetime | None


async def failed(database: Database) -> AsyncIterator[FailedTask]:
    """Every task that was given up, the oldest first."""
    after = 0
    while True:
        async with database.connection() as conn:
            rows = await jobs.list_failed(conn, after, _PAGE)
        for row in rows:
            yield FailedTask(**row)
        if len(rows) < _PAGE:
            return
        after = rows[-1]["id"]


async def retry(database: Database, id: int | None = None) -> int:
    """Have the task tried again that was given up, or all of them; how many. `NotFound` if it is no such task."""
    async with database.transaction() as conn:
        number = await jobs.retry(conn, id)
    if id is not None and not number:
        raise NotFound(f"There is no parked task {id}.")
    return number


async def defer(conn: Connection, task: str, **arguments: Any) -> None:
    """Have the task done once the caller's transaction is committed; in its order, among those with equal arguments.

    `TypeError` if there is no such task, or it takes other arguments.
    """
    takes = TASKS.get(task)
    if takes is None or takes.keys() != arguments.keys():
        raise TypeError(f"there is no task {task}({', '.join(arguments)})")
    written = msgspec.to_builtins(arguments)
    lock = msgspec.json.encode([task, written], order="sorted").decode()
    await jobs.insert(conn, task=task, arguments=written, lock=lock, priority=_PRIORITIES.get(task, 0))
