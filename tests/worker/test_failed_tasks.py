"""Tasks that are given up: with their reason, for as long as they are, and until somebody has them tried again."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from mediatheque.errors import BlobsUnavailable, DatabaseUnavailable, Malformed, ModelUnavailable, NotFound
from mediatheque.library import Library, tasks
from mediatheque.library.tasks import FailedTask
from mediatheque.records import jobs
from mediatheque.worker import worker
from mediatheque.worker.handlers import MAX_ATTEMPTS
from tests.worker.queue import FakeHandler, Queue, eventually, working

NAME = "complete_upload"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that has to wait is announced to nobody: the worker finds it when it looks the next time."""
    monkeypatch.setattr(worker, "_POLL_SECONDS", 0.1)


async def failed_tasks(library: Library) -> list[FailedTask]:
    return [task async for task in library.tasks.failed()]


async def depth(library: Library, state: str) -> int:
    return (await library.tasks.depths())[NAME, state]


async def hurry(queue: Queue) -> None:
    """Nobody waits for the next try."""
    await queue.query("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE scheduled_at IS NOT NULL")


async def done(queue: Queue, verb: FakeHandler, calls: int) -> bool:
    await hurry(queue)
    return len(verb.calls) >= calls


@pytest.mark.parametrize("error", [ZeroDivisionError("7 bananas"), Malformed("7 bananas")], ids=["bug", "refusal"])
async def test_task_fails_after_six_attempts_with_its_reason(library: Library, queue: Queue, error: Exception) -> None:
    verb = FakeHandler(*[error] * 10)
    await queue.put(id := uuid4())
    async with working(library, verb):
        await eventually(lambda: done(queue, verb, MAX_ATTEMPTS))
        await eventually(lambda: has_failed(library))
        await asyncio.sleep(0.2)
    assert len(verb.calls) == MAX_ATTEMPTS == 6
    (task,) = await failed_tasks(library)
    assert (task.task, task.arguments, task.reason) == (NAME, {"upload_id": str(id)}, repr(error))
    assert (await depth(library, "parked"), await depth(library, "waiting")) == (1, 0)


@pytest.mark.parametrize("error", [DatabaseUnavailable, BlobsUnavailable, ModelUnavailable])
async def test_task_is_retried_while_a_part_is_unavailable(
    library: Library, queue: Queue, error: type[Exception]
) -> None:
    verb = FakeHandler(*[error()] * (MAX_ATTEMPTS + 2))
    await queue.put(uuid4())
    async with working(library, verb):
        await eventually(lambda: done(queue, verb, MAX_ATTEMPTS + 3))
        await eventually(lambda: len(verb.finished) == 1)
    assert await queue.query("SELECT 1 FROM failed_task") == []


async def test_retried_task_has_all_attempts_again(library: Library, queue: Queue) -> None:
    ids = [await insert_failed(queue) for _ in range(3)]
    with pytest.raises(NotFound):
        await library.tasks.retry(4711)
    assert await library.tasks.retry(ids[1]) == 1
    assert [task.id for task in await failed_tasks(library)] == [ids[0], ids[2]]
    assert len(await queue.query("SELECT 1 FROM failed_task")) == 2
    with pytest.raises(NotFound):
        await library.tasks.retry(ids[1])  # it is not parked any more
    assert await library.tasks.retry() == 2
    assert await queue.states() == ["todo"] * 3
    assert {job["attempts"] for job in await queue.jobs()} == {0}
    assert await queue.query("SELECT 1 FROM failed_task") == []
    verb = FakeHandler()
    async with working(library, verb):
        await eventually(lambda: len(verb.finished) == 3)


async def test_reason_is_deleted_with_the_task(library: Library, queue: Queue) -> None:
    """However somebody has got rid of it, or of its state."""
    again, gone, kept = [await insert_failed(queue) for _ in range(3)]
    await queue.query("UPDATE procrastinate_jobs SET status = 'todo' WHERE id = %s", again)
    await queue.query("DELETE FROM procrastinate_jobs WHERE id = %s", gone)
    async with library.database.connection() as conn:
        await jobs.delete_reasons(conn)
    assert [row["job_id"] for row in await queue.query("SELECT job_id FROM failed_task")] == [kept]


async def test_task_that_kills_its_workers_fails(library: Library, queue: Queue) -> None:
    """Tries for which a part of the library was away do not count."""
    verb = FakeHandler(*[BlobsUnavailable()] * 20)
    await queue.put(uuid4())
    async with working(library, verb):
        await eventually(lambda: done(queue, verb, 2))
        await eventually(lambda: is_waiting(library))
    for deaths in range(1, MAX_ATTEMPTS + 1):
        await hurry(queue)
        await queue.query("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL")
        async with library.database.connection() as conn:
            assert await jobs.requeue_stalled(conn, timedelta(seconds=20), MAX_ATTEMPTS) == 1
        assert await queue.states() == ["todo" if deaths < MAX_ATTEMPTS else "failed"]
    (task,) = await failed_tasks(library)
    assert "workers" in (task.reason or "")


async def test_more_failed_tasks_than_a_page(library: Library, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_PAGE", 2)
    ids = [await insert_failed(queue) for _ in range(5)]
    assert [task.id for task in await failed_tasks(library)] == ids


async def insert_failed(queue: Queue) -> int:
    await queue.put(id := uuid4())
    (job,) = await queue.query("SELECT max(id) AS id FROM procrastinate_jobs")
    await queue.query("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", job["id"])
    async with queue.database.connection() as conn:
        await jobs.dead_letter(conn, job["id"], NAME, {"upload_id": str(id)}, "why ever")
    await queue.query("UPDATE procrastinate_jobs SET status = 'failed', attempts = 6 WHERE id = %s", job["id"])
    return int(job["id"])


async def has_failed(library: Library) -> bool:
    return await depth(library, "parked") == 1


async def is_waiting(library: Library) -> bool:
    return await depth(library, "waiting") == 1
