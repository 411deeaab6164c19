import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psycopg
import pytest

from mediatheque.errors import DatabaseUnavailable, StorageFull
from mediatheque.records.database import Database, DatabaseConfig
from mediatheque.records.embedded import EmbeddedPostgres, running_conninfo
from tests.records.embedded import clusters


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(DatabaseConfig(url=database_url, pool_min=2, pool_max=4, pool_timeout=0.5)) as database:
        async with database.connection() as connection:
            await connection.execute("CREATE TABLE kept_by_test (n int PRIMARY KEY)")
        yield database


async def numbers(database: Database) -> list[int]:
    async with database.connection() as connection:
        rows = await (await connection.execute("SELECT n FROM kept_by_test ORDER BY n")).fetchall()
    return [row["n"] for row in rows]


async def insert(database: Database, n: int) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO kept_by_test VALUES (%s)", [n])


async def until(happens: Callable[[], Awaitable[object]], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not await happens():
            await asyncio.sleep(0.01)


async def is_ready(database: Database) -> bool:
    try:
        await database.ready()
    except DatabaseUnavailable:
        return False
    return True


async def test_transaction_is_atomic(database: Database) -> None:
    await insert(database, 1)

    async def fails() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO kept_by_test VALUES (2)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert await numbers(database) == [1]


async def test_reads_open_no_transaction(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("SELECT 1")
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


async def test_session_settings_and_options_of_the_url(database_url: str) -> None:
    url = f"{database_url}&options=-c%20work_mem%3D5MB%20-c%20statement_timeout%3D7s&application_name=mine"
    async with Database(DatabaseConfig(url=url, idle_timeout=9)) as database, database.connection() as connection:
        shown = {}
        for name in (
            "work_mem",
            "statement_timeout",
            "idle_in_transaction_session_timeout",
            "timezone",
            "application_name",
            "jit",
            "hnsw.iterative_scan",
        ):
            row = await (await connection.execute(f"SELECT current_setting('{name}') AS value")).fetchone()
            shown[name] = row and row["value"]
    assert list(shown.values()) == ["5MB", "7s", "9s", "UTC", "mine", "off", "relaxed_order"]


async def test_unique_violation_is_not_translated(database: Database) -> None:
    await insert(database, 1)
    with pytest.raises(psycopg.errors.UniqueViolation):
        await insert(database, 1)
    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            await connection.execute("INSERT INTO kept_by_test VALUES (1)")
        await connection.execute("INSERT INTO kept_by_test VALUES (2)")
    assert await numbers(database) == [1, 2]


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("53100", StorageFull),
        ("53200", DatabaseUnavailable),  # out of memory
        ("40P01", DatabaseUnavailable),  # deadlock
        ("57P01", DatabaseUnavailable),  # shutting down
        ("54000", psycopg.errors.ProgramLimitExceeded),
        ("42P01", psycopg.errors.UndefinedTable),
    ],
)
async def test_sqlstates_become_library_errors(database: Database, code: str, meaning: type[Exception]) -> None:
    with pytest.raises(meaning):
        async with database.connection() as connection:
            await connection.execute(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$")
    await until(lambda: is_ready(database))


async def test_full_disk_at_commit(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$;"
            "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON kept_by_test INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
    with pytest.raises(StorageFull):
        await insert(database, 1)
    assert await numbers(database) == []


async def test_statement_timeout(database_url: str) -> None:
    async with Database(DatabaseConfig(url=database_url, statement_timeout=0.1)) as database:
        with pytest.raises(DatabaseUnavailable):
            async with database.connection() as connection:
                await connection.execute("SELECT pg_sleep(30)")
        await database.ready()


async def test_killed_connection_fails_only_its_request(database: Database) -> None:
    async def is_killed() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO kept_by_test VALUES (1)")
            async with database.connection() as other:
                await other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
            await connection.execute("INSERT INTO kept_by_test VALUES (2)")

    with pytest.raises(DatabaseUnavailable):
        await is_killed()
    for _ in range(20):
        await database.ready()
    assert await numbers(database) == []


async def test_killed_idle_connections_fail_at_most_once_each(database: Database, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    failures = sum([not await is_ready(database) for _ in range(10)])
    assert failures <= 2
    assert await is_ready(database)


async def test_pool_timeout(database: Database) -> None:
    async def hold(release: asyncio.Event) -> None:
        async with database.connection():
            await release.wait()

    release = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(hold(release))
        await asyncio.sleep(0.1)
        begun = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            await database.ready()
        assert 0.4 < time.monotonic() - begun < 20
        release.set()
    await database.ready()


async def test_cancelled_requests_return_their_connections(database: Database) -> None:
    for delay in range(20):
        tasks = [asyncio.create_task(insert(database, n)) for n in range(8)]
        await asyncio.sleep(delay / 2000)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(database.ready())


async def test_opening_without_a_server_fails_in_time(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        await Database(DatabaseConfig(url=f"host={tmp_path} dbname=x", start_timeout=0.3)).open()
    assert time.monotonic() - begun < 20


async def test_requests_fail_at_once_while_postgres_is_down_and_succeed_after(
    data: Path,
) -> None:
    server = EmbeddedPostgres(clusters.config(data))
    url = await asyncio.to_thread(server.start)
    acknowledged: list[int] = []
    waits: list[float] = []
    delays: list[float] = []
    done = asyncio.Event()

    async def client(n: int, database: Database) -> None:
        while not done.is_set():
            n += 1
            begun = time.monotonic()
            try:
                async with database.transaction() as connection:
                    await connection.execute("INSERT INTO kept VALUES (%s)", [n])
            except DatabaseUnavailable:
                waits.append(time.monotonic() - begun)
                await asyncio.sleep(0.005)
            else:
                acknowledged.append(n)

    async def kill() -> None:
        for _ in range(3):
            await asyncio.sleep(0.3)
            killed = server.pid
            assert killed
            os.kill(killed, signal.SIGKILL)
            while server.pid == killed or running_conninfo(data) is None:
                await asyncio.sleep(0.01)
            back, served = time.monotonic(), len(acknowledged)
            while len(acknowledged) < served + 10:
                await asyncio.sleep(0.01)
            delays.append(time.monotonic() - back)
        done.set()

    # Half of the clients wait for a connection at any time.
    async with Database(DatabaseConfig(url=url, pool_max=4, pool_timeout=30)) as database:
        async with asyncio.TaskGroup() as group:
            for n in range(8):
                group.create_task(client(n << 32, database))
            group.create_task(kill())
        async with database.connection() as connection:
            rows = await (await connection.execute("SELECT n FROM kept")).fetchall()
    await asyncio.to_thread(server.stop)
    assert not set(acknowledged) - {row["n"] for row in rows}
    assert max(waits) < 15, "a request waited for a connection that could not come"
    assert min(delays) < 0.5, "the pool did not reconnect when PostgreSQL was back, but in its own time"
