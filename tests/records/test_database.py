import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql

from mediatheque.errors import DatabaseUnavailable, StorageFull, TransactionConflict
from mediatheque.records import pool as pool_module
from mediatheque.records.database import Database, DatabaseConfig
from mediatheque.records.embedded import EmbeddedPostgres, running_conninfo
from tests.postgres import end_sessions
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


async def is_written(database: Database) -> bool:
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM kept_by_test")
    return True


async def use_all_connections(database: Database) -> None:
    """Have the pool make every connection that it may, and leave them idle."""
    ready = asyncio.Barrier(database.pool.max_size)

    async def use() -> None:
        async with database.connection():
            await ready.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(database.pool.max_size):
            group.create_task(use())


async def make_read_only(database: Database) -> None:
    """Make every connection of the pool one to a server that only reads."""
    ready = asyncio.Barrier(database.pool.max_size)

    async def change() -> None:
        async with database.connection() as connection:
            await connection.execute("SET default_transaction_read_only = on")
            await ready.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(database.pool.max_size):
            group.create_task(change())


async def test_spare_connections_are_left_to_others_that_share_the_pool(database: Database) -> None:
    """As the job queue does."""
    await use_all_connections(database)
    taken = [await database.pool.getconn(timeout=20) for _ in range(database.pool.max_size)]
    for connection in taken:
        await database.pool.putconn(connection)
    await insert(database, 1)


async def test_others_that_share_the_pool_get_a_connection_while_requests_follow_each_other(database: Database) -> None:
    """As many requests at a time as there are connections, so that none of them ever waits."""
    await use_all_connections(database)
    requests, served = 0, asyncio.Event()

    async def follow() -> None:
        nonlocal requests
        while not served.is_set():
            async with database.connection() as connection:
                await connection.execute("SELECT 1")
            requests += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(database.pool.max_size):
            group.create_task(follow())
        await until(lambda: asyncio.sleep(0, requests > 10))
        try:
            await database.pool.putconn(await database.pool.getconn(timeout=20))
        finally:
            served.set()


async def test_one_request_after_another_uses_the_same_connection(database: Database) -> None:
    backends = set()
    for _ in range(20):
        async with database.connection() as connection:
            backends.add(connection.info.backend_pid)
    assert len(backends) == 1


async def test_waiting_request_gets_the_next_connection(database: Database) -> None:
    """However many others come meanwhile."""
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        for _ in range(20):
            async with database.connection():
                turns += 1
                await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for _ in range(4 * database.pool.max_size):
            group.create_task(take_turns())
    assert turns == 80 * database.pool.max_size


async def test_connection_left_in_a_transaction_is_not_spare(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("BEGIN")
        await connection.execute("CREATE TEMPORARY TABLE left_behind ()")
    async with database.connection() as connection:
        found = await (await connection.execute("SELECT to_regclass('left_behind') AS found")).fetchone()
    assert found == {"found": None}


async def test_closed_database_leaves_no_connection(database_url: str) -> None:
    async with Database(DatabaseConfig(url=database_url)) as database:
        await use_all_connections(database)
        connections = list(database.pool.spare)
        assert connections
    assert all(connection.closed for connection in connections)


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
            "enable_mergejoin",
            "hnsw.iterative_scan",
        ):
            row = await (await connection.execute(f"SELECT current_setting('{name}') AS value")).fetchone()
            shown[name] = row and row["value"]
    assert list(shown.values()) == ["5MB", "7s", "9s", "UTC", "mine", "off", "off", "relaxed_order"]


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
        ("53300", DatabaseUnavailable),  # too many connections
        ("40P01", TransactionConflict),  # deadlock
        ("40001", TransactionConflict),  # serialization failure
        ("08006", DatabaseUnavailable),  # connection failure
        ("08P01", DatabaseUnavailable),  # what PgBouncer says when its server went away
        ("25006", DatabaseUnavailable),  # the server only reads
        ("57P01", DatabaseUnavailable),  # shutting down
        ("57P02", DatabaseUnavailable),  # ended after a crash
        ("57P03", DatabaseUnavailable),  # starting
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


async def test_connections_that_died_idle_fail_no_request(database: Database, database_url: str) -> None:
    for use in (is_ready, is_written):
        await use_all_connections(database)
        end_sessions(database_url)
        assert await asyncio.gather(*(use(database) for _ in range(10))) == [True] * 10


async def test_restart_of_postgres_fails_no_request_afterwards(data: Path) -> None:
    config = clusters.config(data)
    server = EmbeddedPostgres(config)
    url = await asyncio.to_thread(server.start)
    async with Database(DatabaseConfig(url=url, pool_min=4, pool_max=8)) as database:
        await use_all_connections(database)
        await asyncio.to_thread(server.stop)
        server = EmbeddedPostgres(config)
        await asyncio.to_thread(server.start)
        try:
            assert [await is_ready(database) for _ in range(12)] == [True] * 12
        finally:
            await asyncio.to_thread(server.stop)


async def test_connection_that_stopped_answering_is_replaced_before_its_first_use(database_url: str) -> None:
    config = DatabaseConfig(url=database_url, pool_min=1, pool_max=4)
    async with Database(config) as database:
        async with database.connection() as connection:
            frozen = connection.info.backend_pid
        async with Database(config) as other:
            os.kill(frozen, signal.SIGSTOP)
            try:
                await asyncio.sleep(1)  # a connection that was used within the last second is not asked
                assert await is_ready(database)
                assert await is_ready(other)
            finally:
                os.kill(frozen, signal.SIGCONT)


async def test_transaction_whose_first_statement_fails_is_begun_on_another_connection(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies_after_the_check(*_: object) -> bool:
        monkeypatch.undo()
        end_sessions(database_url)
        return True

    monkeypatch.setattr(pool_module, "is_usable", dies_after_the_check)
    await insert(database, 1)
    assert await numbers(database) == [1]


async def test_read_only_server_is_unavailable_until_it_writes_again(database: Database, database_url: str) -> None:
    name = sql.Identifier(str(conninfo.conninfo_to_dict(database_url)["dbname"]))
    await make_read_only(database)
    with psycopg.connect(conninfo.make_conninfo(database_url, dbname="postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
        try:
            assert not await is_ready(database)
            with pytest.raises(DatabaseUnavailable):
                await insert(database, 1)
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))
    await until(lambda: is_ready(database))
    await insert(database, 2)
    assert await numbers(database) == [2]


async def test_connections_to_a_former_primary_are_replaced(database: Database) -> None:
    await make_read_only(database)
    with pytest.raises(DatabaseUnavailable):
        await insert(database, 1)
    await until(lambda: is_ready(database))
    for n in range(2, 8):
        await insert(database, n)
    assert await numbers(database) == [2, 3, 4, 5, 6, 7]


async def test_connection_that_is_put_back_while_all_are_replaced_is_not_spare(database: Database) -> None:
    await use_all_connections(database)
    connections = database._connections
    connections._lost_connection = True
    former = await connections.take()
    async with asyncio.TaskGroup() as group, database.pool._lock:
        group.create_task(connections._replace_connections())
        await asyncio.sleep(0)
        group.create_task(connections.put_back(former))
        await asyncio.sleep(0)
        assert former not in database.pool.spare
    assert former.closed


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


@pytest.mark.parametrize(("at_commit", "attempts"), [(False, 2), (True, 1)])
async def test_work_is_repeated_only_when_nothing_can_have_been_committed(
    database: Database, at_commit: bool, attempts: int
) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "CREATE SEQUENCE attempts; CREATE FUNCTION first_fails() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN IF nextval('attempts') = 1 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '57P01'; END IF;"
            " RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER first_fails AFTER INSERT ON kept_by_test DEFERRABLE"
            f" INITIALLY {'DEFERRED' if at_commit else 'IMMEDIATE'} FOR EACH ROW EXECUTE FUNCTION first_fails()"
        )
    done = 0

    async def work() -> None:
        nonlocal done
        done += 1
        await insert(database, 1)

    if at_commit:
        with pytest.raises(DatabaseUnavailable):
            await database.repeat_after_outage(work)
    else:
        await database.repeat_after_outage(work)
    assert done == attempts
