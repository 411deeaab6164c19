"""A task is in the queue exactly when the work that it belongs to is committed."""

from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import pytest
from procrastinate import App, PsycopgConnector

from mediatheque.library import Library, tasks
from mediatheque.worker.connector import WatchedConnector
from mediatheque.worker.handlers import build_queue_app, handlers_of
from tests.worker.queue import Queue


class Broken(Exception):
    pass


async def test_task_is_committed_with_its_transaction(library: Library, queue: Queue) -> None:
    kept, lost = uuid4(), uuid4()
    await queue.put(kept)

    async def work_that_breaks() -> None:
        async with library.database.transaction() as conn:
            await tasks.defer(conn, "complete_upload", upload_id=lost)
            raise Broken

    with pytest.raises(Broken):
        await work_that_breaks()
    assert [job["args"] for job in await queue.jobs()] == [{"upload_id": str(kept)}]


async def test_inserted_job_equals_procrastinates(library: Library, queue: Queue) -> None:
    id = uuid4()
    await queue.put(id)
    app = App(connector=PsycopgConnector())
    async with app.open_async(library.database.pool):
        lock = (await queue.jobs())[0]["lock"]
        theirs = app.configure_task("complete_upload", queue="complete_upload", lock=lock)
        await theirs.defer_async(upload_id=str(id))
    ours, reference = [{key: job[key] for key in job if key != "id"} for job in await queue.jobs()]
    assert ours == reference


@pytest.mark.parametrize(
    ("task", "arguments"),
    [("unheard_of", {}), ("complete_upload", {}), ("complete_upload", {"id": UUID(int=1)})],
)
async def test_unknown_task_raises_type_error(
    library: Library, queue: Queue, task: str, arguments: dict[str, Any]
) -> None:
    async with library.database.transaction() as conn:
        with pytest.raises(TypeError, match=task):
            await tasks.defer(conn, task, **arguments)
    assert await queue.jobs() == []


async def test_every_task_has_a_handler(library: Library) -> None:
    assert handlers_of(library).keys() == tasks.TASKS.keys()
    for name, task in build_queue_app(handlers_of(library), PsycopgConnector(), AsyncMock()).tasks.items():
        if name in tasks.TASKS:
            assert task.queue == name
            assert task.retry_strategy is not None


async def test_queue_does_not_wait_for_the_disk(library: Library, queue: Queue) -> None:
    """Only within its own transactions: other work on the same connections does."""
    connector = WatchedConnector(library.database.open_session)
    setting = "SELECT current_setting('synchronous_commit') AS value;"
    await connector.open_async(library.database.pool)
    assert (await connector.execute_query_one_async(setting))["value"] == "off"
    assert [row["value"] for row in await connector.execute_query_all_async(setting)] == ["off"]
    async with library.database.pool.connection() as conn:
        cursor = await conn.execute(setting.encode())
        assert await cursor.fetchone() == {"value": "on"}
