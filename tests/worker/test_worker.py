"""Tasks are done, tried again, given back and taken over: each at least once, whatever ends."""

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from procrastinate.exceptions import JobAborted
from procrastinate.jobs import Job

from mediatheque.blobs import Disk
from mediatheque.errors import BlobsUnavailable, DatabaseUnavailable, Malformed, StorageFull
from mediatheque.library import Library
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.records import jobs
from mediatheque.records.database import Database, DatabaseConfig
from mediatheque.records.embedded import EmbeddedConfig, EmbeddedPostgres
from mediatheque.worker.handlers import RetryPolicy
from tests.data_folder import Template
from tests.worker.queue import FakeHandler, Queue, eventually, working


async def test_task_runs_when_it_is_committed(library: Library, queue: Queue) -> None:
    verb = FakeHandler()
    early, late = uuid4(), uuid4()
    await queue.put(early)
    async with working(library, verb):
        await eventually(lambda: verb.calls == [(early,)])
        await asyncio.sleep(0.2)
        await queue.put(late)
        assert await eventually(lambda: verb.calls == [(early,), (late,)]) < 1, "not by polling"
        await eventually(lambda: nothing_left(queue))


async def test_task_is_retried_after_an_outage(library: Library, queue: Queue) -> None:
    verb = FakeHandler(BlobsUnavailable())
    await queue.put(uuid4())
    async with working(library, verb):
        await eventually(lambda: len(verb.finished) == 1)
        await eventually(lambda: nothing_left(queue))


async def test_failed_task_stays_in_the_queue(library: Library, queue: Queue) -> None:
    verb = FakeHandler(ZeroDivisionError())
    await queue.put(uuid4())
    await queue.query("UPDATE procrastinate_jobs SET attempts = 5")
    async with working(library, verb):
        await eventually(lambda: is_state(queue, "failed"))
    assert len(verb.calls) == 1


@pytest.mark.parametrize(
    ("error", "attempts", "pause"),
    [
        (DatabaseUnavailable(), 0, 1),
        (DatabaseUnavailable(), 3, 8),
        (BlobsUnavailable(), 1000, 60),
        (StorageFull(), 100, 60),
        (Malformed(), 0, 1),
        (ZeroDivisionError(), 4, 16),
        (ZeroDivisionError(), 5, None),
        (asyncio.CancelledError(), 100, 0),
        (JobAborted(), 100, 0),
    ],
)
def test_retry_policy(error: BaseException, attempts: int, pause: int | None) -> None:
    job = Job(id=1, queue="q", lock=None, queueing_lock=None, task_name="t", attempts=attempts)
    begun = datetime.now(UTC)
    decision = RetryPolicy().get_retry_decision(exception=error, job=job)
    ended = datetime.now(UTC)
    assert (decision is None) == (pause is None)
    if decision and decision.retry_at and pause is not None:
        assert begun <= decision.retry_at - timedelta(seconds=pause) <= ended


async def test_stopped_worker_finishes_its_tasks(library: Library, queue: Queue) -> None:
    verb = FakeHandler(0.5)
    await queue.put(uuid4())
    async with working(library, verb):
        await eventually(lambda: len(verb.calls) == 1)
        await queue.put(uuid4())
    assert verb.calls[0] in verb.finished
    assert len(await queue.jobs()) == 2 - len(verb.finished)


async def test_stopped_worker_requeues_slow_tasks(library: Library, queue: Queue) -> None:
    verb = FakeHandler(60)
    await queue.put(uuid4())
    async with working(library, verb, grace=0.1):
        await eventually(lambda: len(verb.calls) == 1)
    assert await queue.states() == ["todo"]
    async with working(library, verb):
        await eventually(lambda: len(verb.finished) == 1)


async def test_tasks_of_a_dead_worker_are_requeued_once(library: Library, queue: Queue) -> None:
    """Also by two who look at the same moment; those of the living stay where they are."""
    for worker_age in (timedelta(minutes=1), timedelta(0)):
        await queue.put(uuid4())
        await queue.query("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s)", worker_age)
        await queue.query(_TAKEN_BY_THE_LAST)
    await queue.put(uuid4())
    await queue.query("UPDATE procrastinate_jobs SET status = 'doing' WHERE status = 'todo'")  # by nobody known

    async def put_back() -> int:
        async with library.database.connection() as conn:
            return await jobs.requeue_stalled(conn, timedelta(seconds=20), 6)

    assert sum(await asyncio.gather(*(put_back() for _ in range(4)))) == 2
    assert [(job["status"], job["attempts"]) for job in await queue.jobs()] == [("todo", 1), ("doing", 0), ("todo", 1)]


_TAKEN_BY_THE_LAST = """
    UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)
    WHERE status = 'todo'
"""


async def test_worker_ignores_unknown_tasks(library: Library, queue: Queue) -> None:
    """It may be of an older version than the server that put the task in."""
    await queue.put(uuid4())
    await queue.query("UPDATE procrastinate_jobs SET task_name = 'of_tomorrow', queue_name = 'of_tomorrow'")
    await queue.put(known := uuid4())
    verb = FakeHandler()
    async with working(library, verb):
        await eventually(lambda: verb.finished == [(known,)])
        await eventually(lambda: is_state(queue, "todo"))


async def test_equal_tasks_run_one_at_a_time(library: Library, queue: Queue) -> None:
    verb = FakeHandler(0.3, 0.3)
    id = uuid4()
    await queue.put(id)
    await queue.put(id)
    async with working(library, verb), working(library, verb):
        await eventually(lambda: len(verb.calls) == 1)
        await asyncio.sleep(0.1)
        assert len(verb.calls) == 1
        await eventually(lambda: len(verb.finished) == 2)


async def test_housekeeping_continues_after_a_failed_round(library: Library, queue: Queue) -> None:
    rounds = 0

    async def run() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise DatabaseUnavailable

    library.maintenance.garbage.run = run  # type: ignore[method-assign,assignment]
    async with working(library, FakeHandler(), sweep_seconds=0.05):
        await eventually(lambda: rounds >= 3)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[tuple[EmbeddedPostgres, str]]:
    """A PostgreSQL that is restarted when it is killed."""
    data = Template.copy(tmp_path / "data", durable=True)
    postgres = EmbeddedPostgres(EmbeddedConfig(data=data, shared_buffers="16MB"))
    with postgres as url:
        yield postgres, url


@pytest.mark.parametrize("seconds", [0.05, 1.0])
async def test_worker_recovers_after_postgres_was_killed(
    mortal: tuple[EmbeddedPostgres, str], tmp_path: Path, seconds: float
) -> None:
    """Also on the task that it was doing then, whether it ends before PostgreSQL is back, or after that."""
    postgres, url = mortal
    async with Database(DatabaseConfig(url=url, pool_min=1)) as database:
        library, queue = Library(database, Disk(tmp_path / "blobs"), Sandbox(SandboxConfig())), Queue(database)
        verb = FakeHandler(done := asyncio.Event())
        await queue.put(caught := uuid4())
        async with working(library, verb):
            await eventually(lambda: verb.calls == [(caught,)])
            await kill(postgres)
            await asyncio.sleep(seconds)
            done.set()
            await eventually(lambda: postgres_answers(database))
            await eventually(lambda: nothing_left(queue))  # repeated, unless its end could be stored at once
            assert verb.calls in ([(caught,)], [(caught,)] * 2)
            await queue.put(fresh := uuid4())
            await eventually(lambda: (fresh,) in verb.finished)
            await eventually(lambda: nothing_left(queue))


async def test_no_work_is_lost_when_postgres_is_killed_after_its_end(
    mortal: tuple[EmbeddedPostgres, str], tmp_path: Path
) -> None:
    """Neither the work nor the end of its task has waited for the disk, but the end is never kept without the work."""
    postgres, url = mortal
    async with Database(DatabaseConfig(url=url, pool_min=1)) as database:
        library, queue = Library(database, Disk(tmp_path / "blobs"), Sandbox(SandboxConfig())), Queue(database)
        await queue.query("CREATE TABLE work (id uuid)")
        put: set[UUID] = set()

        async def work(id: UUID) -> None:
            await queue.query("INSERT INTO work SELECT %s FROM set_config('synchronous_commit', 'off', true)", id)

        for _ in range(3):
            put |= (added := {uuid4() for _ in range(40)})
            for id in added:
                await queue.put(id)
            async with working(library, work):  # type: ignore[arg-type]  # a handler as any other
                await eventually(lambda: is_at_most(queue, 20))
                await kill(postgres)
                await eventually(lambda: postgres_answers(database))
                kept = "SELECT id FROM work UNION SELECT (args->>'upload_id')::uuid FROM procrastinate_jobs"
                async with await psycopg.AsyncConnection.connect(url) as conn:
                    assert {id async for (id,) in await conn.execute(kept)} == put
                await eventually(lambda: ends(queue))


async def kill(postgres: EmbeddedPostgres) -> None:
    """End PostgreSQL at once. It is restarted."""
    assert postgres.pid
    children = Path(f"/proc/{postgres.pid}/task/{postgres.pid}/children").read_text().split()
    assert children
    os.kill(postgres.pid, signal.SIGKILL)
    await eventually(lambda: not any(lives(child) for child in children))


async def is_at_most(queue: Queue, jobs: int) -> bool:
    return len(await queue.jobs()) <= jobs


def lives(pid: str) -> bool:
    try:
        return ") Z " not in Path("/proc", pid, "stat").read_text()
    except OSError:
        return False


async def nothing_left(queue: Queue) -> bool:
    return await queue.jobs() == []


async def ends(queue: Queue) -> bool:
    """Whether PostgreSQL answers, and no task is left."""
    try:
        return await nothing_left(queue)
    except DatabaseUnavailable:
        return False


async def is_state(queue: Queue, state: str) -> bool:
    return await queue.states() == [state]


async def postgres_answers(database: Database) -> bool:
    try:
        await database.ready()
    except DatabaseUnavailable:
        return False
    return True
