"""Query plans of lists over 100,000 assets: no table is scanned sequentially, and only so many rows are read."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from mediatheque.model import Cursor, Filter, FolderFilter, Kind
from mediatheque.records.catalog import folders, listing
from mediatheque.records.database import Connection, Database, DatabaseConfig
from tests.postgres import database

# There are few tags and no collections here.
_END_TO_END = re.compile(r"Seq Scan on (asset|file|blob|folder|asset_tag) ")
_READ = re.compile(r" on (?:asset|file|blob|asset_tag)\b.*rows=([\d.]+) loops=(\d+)\)")
_SORTED = re.compile(r"Sort .*rows=([\d.]+) loops=(\d+)\)")
# Two workspaces share the tables: the one that the tests query has a tenth of the rows.
_FILL = """
    SET LOCAL session_replication_role = replica;  -- no trigger, no foreign key
    INSERT INTO workspace (id, name) VALUES (%(mine)s, 'mine'), (%(theirs)s, 'theirs');
    CREATE TEMPORARY TABLE made AS SELECT gen_random_uuid() AS id, n,
        CASE WHEN n %% 10 = 0 THEN %(mine)s::uuid ELSE %(theirs)s::uuid END AS workspace_id,
        now() - n * interval '1 second' AS created_at,
        CASE WHEN n %% 3 = 0 THEN 'video' ELSE 'image' END AS kind
        FROM generate_series(1, 100000) AS n;
    INSERT INTO folder (id, workspace_id, name, project_type, created_at)
        SELECT id, workspace_id, 'Folder ' || n, 'mixed', created_at FROM made WHERE n <= 20000;
    INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind)
        SELECT id, workspace_id, sha256(n::text::bytea), 1, n::text, kind || '/png', kind FROM made;
    INSERT INTO file (id, workspace_id, blob_id, name, created_at)
        SELECT id, workspace_id, id, 'IMG_' || n || '.png', created_at FROM made;
    INSERT INTO asset (id, workspace_id, file_id, kind, title, caption, source, endpoint, folder_id, mime, size,
                       duration, metadata, created_at)
        SELECT id, workspace_id, id, kind, 'Title ' || n / 7, 'a caption', 'upload',
            CASE WHEN n %% 4 = 0 THEN 'model ' || n %% 60 END,
            CASE WHEN n <= 200 AND n %% 2 = 0 THEN id END,
            kind || '/png', n %% 1000, CASE kind WHEN 'video' THEN n %% 600 END,
            CASE WHEN n %% 2 = 0 THEN jsonb_build_object('score', n, 'half', n %% 20 < 10, 'rare', n %% 10000)
                ELSE '{}' END,
            created_at FROM made;
    INSERT INTO tag (id, workspace_id, name) VALUES (%(mine)s, %(mine)s, 'third'), (%(theirs)s, %(theirs)s, 'most');
    INSERT INTO asset_tag (asset_id, tag_id, asset_created_at)
        SELECT id, workspace_id, created_at FROM made WHERE n %% 30 = 0 OR n %% 10 > 0;
    DROP TABLE made;
"""


@pytest.fixture(scope="module")
def filled(postgres: str, migrated: str) -> Iterator[tuple[str, UUID]]:
    """A database URL, and the workspace that the tests query."""
    name, mine = sql.Identifier(f"t_{uuid4().hex}"), uuid4()
    with psycopg.connect(postgres, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(migrated)))
        url = database(postgres, name._obj[0])
        with psycopg.connect(url) as connection, psycopg.ClientCursor(connection) as cursor:
            cursor.execute(_FILL, {"mine": mine, "theirs": uuid4()})
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield url, mine
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


class Explaining:
    """A connection that also records the plan of each statement."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.plans: list[str] = []
        self.command = "EXPLAIN "

    async def execute(self, query: str, parameters: Any, **options: Any) -> Any:
        explained = await self.conn.execute(self.command + query, parameters, **options)  # type: ignore[arg-type]
        self.plans.append("\n".join(row["QUERY PLAN"] for row in await explained.fetchall()))
        return await self.conn.execute(query, parameters, **options)  # type: ignore[arg-type]

    def uses_indexes(self) -> None:
        for plan in self.plans:
            assert not _END_TO_END.search(plan), plan

    def reads_at_most(self, rows: int) -> None:
        """Each node of a plan gives at most so many rows of a large table, and sorts no more."""
        for plan in self.plans:
            for given in (*_READ.finditer(plan), *_SORTED.finditer(plan)):
                assert float(given[1]) * int(given[2]) <= rows, plan


@pytest.fixture
async def asking(filled: tuple[str, UUID]) -> AsyncIterator[tuple[Connection, UUID, Explaining]]:
    """A connection, the workspace, and the same connection with the plans of its statements."""
    async with Database(DatabaseConfig(url=filled[0], pool_min=1)) as opened, opened.connection() as conn:
        explaining = Explaining(conn)
        yield cast("Connection", explaining), filled[1], explaining


async def middle(conn: Connection, workspace: UUID, wanted: Filter) -> Cursor:
    asset = (await listing.page(conn, workspace, wanted, None, 50))[-1]
    return Cursor(asset.created_at, asset.id)


FILTERS = [
    Filter(),
    Filter(kinds=(Kind.IMAGE,)),
    Filter(kinds=(Kind.IMAGE,), types=("image/png", "image/jpeg")),
    Filter(without_folder=True),
    Filter(kinds=(Kind.VIDEO,), without_folder=True),
]


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
async def test_pages_of_assets_use_indexes(asking: tuple[Connection, UUID, Explaining], wanted: Filter) -> None:
    conn, workspace, explaining = asking
    after = await middle(conn, workspace, wanted)
    assert len(await listing.page(conn, workspace, wanted, after, 50)) == 50
    explaining.uses_indexes()


async def test_assets_of_a_folder_use_indexes(asking: tuple[Connection, UUID, Explaining]) -> None:
    conn, workspace, explaining = asking
    folder = (await folders.page(conn, workspace, FolderFilter(), None, 1))[0]
    assert len(await listing.page(conn, workspace, Filter(folder_id=folder.id), None, 50)) == folder.children == 1
    explaining.uses_indexes()


@pytest.mark.parametrize("wanted", [FolderFilter(), FolderFilter(root_only=True), FolderFilter(name="FOLDER")], ids=str)
async def test_pages_of_folders_use_indexes(asking: tuple[Connection, UUID, Explaining], wanted: FolderFilter) -> None:
    conn, workspace, explaining = asking
    first = await folders.page(conn, workspace, wanted, None, 50)
    after = Cursor(first[-1].created_at, first[-1].id)
    assert len(await folders.page(conn, workspace, wanted, after, 50)) == 50
    explaining.uses_indexes()


async def test_folders_by_name_use_the_trigram_index(asking: tuple[Connection, UUID, Explaining]) -> None:
    conn, workspace, explaining = asking
    assert await folders.page(conn, workspace, FolderFilter(name="nothing like it"), None, 50) == []
    explaining.uses_indexes()
    assert "folder_name" in explaining.plans[0]


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
async def test_pages_read_nothing_of_the_trash(asking: tuple[Connection, UUID, Explaining], wanted: Filter) -> None:
    """Of the workspace's assets, the newer half is in the trash."""
    conn, workspace, explaining = asking
    moment = (await middle(conn, workspace, Filter())).created_at - timedelta(hours=12)
    async with explaining.conn.transaction(force_rollback=True):
        await explaining.conn.execute("SET LOCAL session_replication_role = replica")
        for table in ("asset", "file"):
            await explaining.conn.execute(
                f"UPDATE {table} SET trashed_at = now() WHERE workspace_id = %s AND created_at > %s".encode(),
                (workspace, moment),
            )
        explaining.command = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "
        assert len(await listing.page(conn, workspace, wanted, None, 50)) == 50
    plan = explaining.plans[-1]
    read = [int(count) for count in re.findall(r"(?:Rows Removed by Filter: |rows=)(\d+)", plan)]
    assert read
    assert max(read) < 500, plan
