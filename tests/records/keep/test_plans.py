"""Query plans of keeps: what is read does not grow with their number."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from mediatheque.library.tasks import lock_of
from mediatheque.model import Cursor
from mediatheque.model.keep import KeepFilter, KeepState
from mediatheque.records.database import Connection, Database, DatabaseConfig
from mediatheque.records.keep import hooks, keeps

MANY = 30_000


class Explaining:
    """Explains the statements that it is asked to execute."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.plan = ""

    async def execute(self, query: str, parameters: Any = None) -> "Explaining":
        cursor = await self.conn.execute(f"EXPLAIN {query}".encode(), parameters)
        self.plan = "\n".join(str(row["QUERY PLAN"]) for row in await cursor.fetchall())
        return self

    async def fetchall(self) -> list[Any]:
        return []

    async def fetchone(self) -> None:
        return None


@pytest.fixture
async def filled(database_url: str) -> AsyncIterator[tuple[Connection, UUID]]:
    """Many keeps of two workspaces, of which few have failed and few wait, and many hooks."""
    config = DatabaseConfig(url=database_url, pool_min=1, pool_max=1)
    async with Database(config) as database, database.connection() as conn:
        ids = [uuid4(), uuid4()]
        for id in ids:
            await conn.execute("INSERT INTO workspace (id, name) VALUES (%s, %s)", (id, id.hex))
            await conn.execute(
                """
                INSERT INTO keep (id, workspace_id, provider, subject, request_id, labels, state, created_at,
                                  give_up_at, next_attempt_at)
                SELECT gen_random_uuid(), %s, 'fal', n::text, n::text, '{}',
                       CASE n %% 1000 WHEN 0 THEN 'failed' WHEN 1 THEN 'waiting' ELSE 'done' END,
                       now() - n * interval '1 minute', now(), CASE n %% 1000 WHEN 1 THEN now() END
                FROM generate_series(1, %s) n
                """,
                (id, MANY),
            )
            await conn.execute(
                """
                INSERT INTO hook (id, workspace_id, key_id, provider, token_hash, labels, created_at)
                SELECT gen_random_uuid(), %s, gen_random_uuid(), 'fal', uuid_send(gen_random_uuid()), '{}',
                       now() - n * interval '1 minute'
                FROM generate_series(1, 5000) n
                """,
                (id,),
            )
        await conn.execute("ANALYZE keep, hook")
        yield conn, ids[0]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (KeepFilter(), "keep_newest"),
        (KeepFilter(state=KeepState.FAILED), "keep_state"),
        (KeepFilter(state=KeepState.DONE, provider="fal"), "keep_"),
        (KeepFilter(request_id="17"), "keep_request"),
        (KeepFilter(provider="fal", request_id="17"), "keep_"),
    ],
    ids=str,
)
@pytest.mark.parametrize("after", [None, Cursor(datetime.now(UTC), uuid4())], ids=["first", "next"])
async def test_pages_are_read_from_an_index(
    filled: tuple[Connection, UUID], wanted: KeepFilter, index: str, after: Cursor | None
) -> None:
    conn, workspace = filled
    explaining = Explaining(conn)
    await keeps.page(explaining, workspace, wanted, after, 100)  # type: ignore[arg-type]
    assert index in explaining.plan
    assert "Seq Scan" not in explaining.plan
    assert wanted.request_id or "Sort" not in explaining.plan, explaining.plan


async def test_pages_of_hooks_are_read_from_an_index(filled: tuple[Connection, UUID]) -> None:
    conn, workspace = filled
    explaining = Explaining(conn)
    await hooks.page(explaining, workspace, Cursor(datetime.now(UTC), uuid4()), 100)  # type: ignore[arg-type]
    assert "hook_newest" in explaining.plan
    assert "Sort" not in explaining.plan
    await hooks.find_by_token(explaining, b"token", "fal")  # type: ignore[arg-type]
    assert "Seq Scan on hook" not in explaining.plan


async def test_lost_keeps_are_looked_for_among_those_that_wait(filled: tuple[Connection, UUID]) -> None:
    conn, _ = filled
    explaining = Explaining(conn)
    lock = lock_of("advance_keep", keep_id="{id}")
    await keeps.list_lost(explaining, datetime.now(UTC), 100, lock=lock)  # type: ignore[arg-type]
    assert "keep_due" in explaining.plan
    assert "Seq Scan" not in explaining.plan
