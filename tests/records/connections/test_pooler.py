"""A pooler in transaction mode: nothing of one client reaches another, and what needs a session has one of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from mediatheque.errors import DatabaseUnavailable
from mediatheque.library.maintenance.lost_work import LostWork
from mediatheque.records.database import Connection, Database, DatabaseConfig, fetch_one
from mediatheque.records.locks import try_advisory_lock
from mediatheque.records.migrate import bring_up_to_date
from mediatheque.worker.connector import WatchedConnector
from tests.pooler import Pooler


@pytest.fixture
def pooler(database_url: str) -> Iterator[Pooler]:
    with Pooler(database_url) as running:
        yield running


@pytest.fixture
async def database(pooler: Pooler, database_url: str) -> AsyncIterator[Database]:
    config = DatabaseConfig(url=pooler.url(), direct_url=database_url, pool_min=6, pool_max=6, statement_timeout=7)
    async with Database(config) as opened:
        yield opened


async def value(conn: Connection, query: str, *parameters: object) -> object:
    return (await fetch_one(await conn.execute(f"SELECT {query} AS value", parameters)))["value"]


async def test_no_statement_of_one_client_runs_for_another(database: Database) -> None:
    async def client(number: int) -> None:
        for turn in range(20):
            parameters = [number * 100 + turn] * (number + 1)
            async with database.connection() as conn:
                row = await conn.execute(f"SELECT {' + '.join(['%s::int'] * len(parameters))} AS sum", parameters)
                assert (await fetch_one(row))["sum"] == sum(parameters)
            async with database.transaction() as conn:
                assert await value(conn, "%s::text", f"{number}.{turn}") == f"{number}.{turn}"

    await asyncio.gather(*(client(number) for number in range(6)))


async def test_every_statement_has_our_settings_and_leaves_none_behind(database: Database, pooler: Pooler) -> None:
    for block in (database.connection, database.transaction):
        async with block() as conn:
            shown = [
                await value(conn, f"current_setting('{name}')") for name in ("statement_timeout", "jit", "TimeZone")
            ]
        assert shown == ["7s", "off", "UTC"]
    with psycopg.connect(pooler.url(), prepare_threshold=None, autocommit=True) as another:
        for _ in range(3):
            row = another.execute("SELECT current_setting('statement_timeout'), current_setting('jit')").fetchone()
            assert row == ("0", "on")


async def test_an_error_outside_a_transaction_ends_none(database: Database) -> None:
    async with database.connection() as conn:
        with pytest.raises(psycopg.errors.DivisionByZero):
            await conn.execute("SELECT 1 / 0")
        assert conn.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert await value(conn, "1") == 1


async def test_locks_of_a_session_are_held_until_their_block_ends(database: Database) -> None:
    async with database.session() as first, try_advisory_lock(first, "sweep") as taken:
        assert taken
        for _ in range(3):
            async with database.session() as second, try_advisory_lock(second, "sweep") as again:
                assert not again
    async with database.session() as third, try_advisory_lock(third, "sweep") as at_last:
        assert at_last


async def test_lost_work_leaves_no_lock_behind(database: Database, database_url: str) -> None:
    lost_work, done = LostWork(database), asyncio.Event()

    async def use_sessions() -> None:
        while not done.is_set():
            async with database.connection() as conn:
                await value(conn, "1")

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(use_sessions())
        for _ in range(10):
            await lost_work.requeue()
        done.set()
    with psycopg.connect(database_url) as direct:
        assert direct.execute("SELECT objid FROM pg_locks WHERE locktype = 'advisory'").fetchall() == []


async def test_statements_that_no_transaction_may_contain(database: Database) -> None:
    async with database.session() as conn:
        await conn.execute("CREATE INDEX CONCURRENTLY one_by_test ON asset (title)")


async def test_a_worker_hears_of_new_tasks(database: Database) -> None:
    connector = WatchedConnector(database.open_session)
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(*, channel: str, payload: str) -> None:
        await heard.put(payload)

    async def notify() -> None:
        while heard.empty():
            async with database.connection() as conn:
                await conn.execute("SELECT pg_notify('news', 'yes')")
            await asyncio.sleep(0.05)

    async with asyncio.timeout(20):
        listening = asyncio.create_task(connector.listen_notify(hear, ["news"]))
        await notify()
        assert await heard.get() == "yes"
        listening.cancel()


@pytest.mark.parametrize(
    ("direct", "says"),
    [
        ("", "set MEDIATHEQUE_DATABASE_DIRECT_URL"),
        ("pooler", "set it to the address"),
        ("other", "different databases"),
    ],
)
async def test_refusal(direct: str, says: str, pooler: Pooler, database_url: str, postgres: str) -> None:
    urls = {"": "", "pooler": pooler.url(), "other": postgres}
    config = DatabaseConfig(url=pooler.url(), direct_url=urls[direct])
    with pytest.raises(DatabaseUnavailable, match=says) as at_start:
        bring_up_to_date(config)
    assert "\n" not in str(at_start.value)
    with pytest.raises(DatabaseUnavailable, match=says):
        await Database(config).open()


async def test_a_pooler_in_session_mode_needs_no_second_url(database_url: str) -> None:
    with Pooler(database_url, size=20, shares=False) as sessions:
        config = DatabaseConfig(url=sessions.url(), pool_min=2, pool_max=3)
        bring_up_to_date(config)
        async with Database(config) as database:
            async with database.session() as conn, try_advisory_lock(conn, "sweep") as taken:
                assert taken
            async with database.transaction() as conn:
                assert await value(conn, "current_setting('jit')") == "off"
                assert conn.prepare_threshold is None


async def test_a_refused_startup_parameter_is_named_at_once(pooler: Pooler, database_url: str) -> None:
    config = DatabaseConfig(url=f"{pooler.url()}?options=-cwork_mem%3D5MB", direct_url=database_url, start_timeout=60)
    async with asyncio.timeout(10):
        with pytest.raises(DatabaseUnavailable, match=r"unsupported startup parameter: options\. Remove `options`"):
            await Database(config).open()
