"""Tasks: work that a worker does later, put into the durable queue in the transaction of the rows it belongs to.

A task is done at least once, by any free worker, and by two at the same time when one of them was wrongly taken for
dead: it must be safe to repeat. `worker/handlers.py` says which method does each task.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.errors import NotFound
from mediatheque.records import jobs
from mediatheque.records.accounts import audit
from mediatheque.records.database import Connection, Database

TASKS: Mapping[str, Mapping[str, type]] = {
    "advance_keep": {"keep_id": UUID},
    "complete_upload": {"upload_id": UUID},
    "delete_workspace": {"workspace_id": UUID},
    "embed_asset": {"asset_id": UUID},
    "read_blobs": {"after": UUID},
}
"""Every task, and its arguments."""
_PRIORITIES = {
    "embed_asset": -1,  # an upload that a client waits for goes before the embedding of a large import
    "delete_workspace": -2,
    "read_blobs": -10,  # nobody waits for it
}
_PAGE = 1_000
_STATES = {"todo": "waiting", "doing": "running", "failed": "parked"}


class FailedTask(msgspec.Struct, frozen=True):
    """A task that failed at its last attempt. `reason` is None when its worker ended before it could store one."""

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
            await audit.record(conn, "task.retry")
        return number

    async def dead_letter(self, id: int, task: str, arguments: Mapping[str, Any], reason: str) -> None:
        """Store why the task failed at its last attempt."""
        async with self._database.connection() as conn:
            await jobs.dead_letter(conn, id, task, arguments, reason)

    async def requeue_stalled(self, silence: timedelta, max_attempts: int) -> int:
        """Put tasks back whose worker has sent no heartbeat for `silence`; returns how many.

        A task that has lost `max_attempts` workers becomes a failed one.
        """
        async with self._database.connection() as conn:
            tasks = await jobs.requeue_stalled(conn, silence, max_attempts)
            await jobs.delete_reasons(conn)
        return tasks


async def defer(conn: Connection, task: str, **arguments: Any) -> None:
    """Put a task into its queue in the caller's transaction. Raises what `job_of` raises."""
    await jobs.insert(conn, job_of(task, **arguments))


async def defer_all(conn: Connection, task: str, each: Sequence[Mapping[str, Any]]) -> None:
    """Put a task for each of the arguments into its queue, by one statement. Raises what `job_of` raises."""
    if each:
        await jobs.insert(conn, *[job_of(task, **arguments) for arguments in each])


async def schedule(conn: Connection, at: datetime, task: str, **arguments: Any) -> None:
    """Put a task into its queue that starts at that time, in the caller's transaction.

    One with equal arguments that waits already is brought forward instead. Raises what `job_of` raises.
    """
    job = msgspec.structs.replace(job_of(task, **arguments), scheduled_at=at)
    if not await jobs.bring_forward(conn, job.lock, at):
        await jobs.insert(conn, job)


def job_of(task: str, **arguments: Any) -> jobs.Job:
    """Return the job that does the task. Tasks with equal arguments are done one after the other.

    Raises TypeError when there is no such task, or it takes other arguments.
    """
    takes = TASKS.get(task)
    if takes is None or takes.keys() != arguments.keys():
        raise TypeError(f"there is no task {task}({', '.join(arguments)})")
    return jobs.Job(
        queue_name=task,
        task_name=task,
        args=msgspec.to_builtins(arguments),
        lock=lock_of(task, **arguments),
        priority=_PRIORITIES.get(task, 0),
    )


async def forget(conn: Connection, argument: str, ids: Sequence[UUID]) -> None:
    """Delete the tasks about these ids, `argument` of their tasks, in the transaction that deletes the rows."""
    tasks = [task for task, takes in TASKS.items() if takes.keys() == {argument}]
    await jobs.delete(conn, [lock_of(task, **{argument: id}) for task in tasks for id in ids])


def lock_of(task: str, **arguments: Any) -> str:
    """Return the lock of a task with these arguments: only one of the tasks that have it runs at a time."""
    return msgspec.json.encode([task, msgspec.to_builtins(arguments)], order="sorted").decode()


def without_waiting(query: str) -> str:
    """Return a statement of the queue as one whose commit does not wait for the disk; see `records/jobs.py`."""
    return jobs.without_waiting(query)
