"""Groups of assets with the same bytes, at a cost that does not grow with the library."""

import re
from typing import Any, cast
from uuid import UUID

import pytest

from mediatheque.library import Library
from mediatheque.library.catalog.duplicates import MAX_SHOWN
from mediatheque.model import Asset, Cursor
from mediatheque.records.catalog import duplicates as rows
from mediatheque.records.database import Connection
from tests.library.catalog.contents import picture, replace, take

_READ = re.compile(r"actual rows=([0-9.]+) loops=([0-9]+)")


async def groups(library: Library, workspace: UUID) -> list[tuple[UUID, ...]]:
    found, following = await library.catalog.duplicates.page(workspace, None, 100)
    assert following is None
    return [tuple(asset.id for asset in group.assets) for group in found]


async def twice(library: Library, workspace: UUID) -> tuple[Asset, Asset]:
    data = picture()
    return await take(library, workspace, data), await take(library, workspace, data)


async def test_only_assets_with_the_same_bytes_are_grouped(library: Library, workspace: UUID) -> None:
    await take(library, workspace)
    older, newer = await twice(library, workspace), await twice(library, workspace)
    assert await groups(library, workspace) == [tuple(a.id for a in newer), tuple(a.id for a in older)]


async def test_group_ends_with_its_duplicates(library: Library, workspace: UUID) -> None:
    deleted, trashed, replaced = [await twice(library, workspace) for _ in range(3)]
    await library.catalog.assets.delete(workspace, deleted[0].id)
    await library.catalog.trash.move(workspace, trashed[1].id)
    await replace(library, replaced[0])
    assert await groups(library, workspace) == []
    await library.catalog.trash.restore(workspace, trashed[1].id)
    assert await groups(library, workspace) == [(trashed[0].id, trashed[1].id)]


async def test_restored_versions_are_no_duplicates(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    await replace(library, asset)
    await library.catalog.versions.restore(workspace, asset.id, 1)
    assert await groups(library, workspace) == []


async def test_pages_end_and_large_groups_are_cut(
    library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = picture()
    many = [await take(library, workspace, data) for _ in range(MAX_SHOWN + 2)]
    pairs = [await twice(library, workspace) for _ in range(4)]
    for one, _ in pairs[1:3]:
        await library.catalog.assets.delete(workspace, one.id)
    (group,), _ = await library.catalog.duplicates.page(workspace, await _cursor_before_last(library, workspace), 1)
    assert (group.total, group.assets) == (len(many), tuple(many[:MAX_SHOWN]))
    monkeypatch.setattr(rows, "MAX_BLOBS", 2)
    seen: list[UUID] = []
    after: Cursor | None = None
    for _ in range(10):
        found, after = await library.catalog.duplicates.page(workspace, after, 1)
        seen += [each.assets[0].id for each in found]
        if after is None:
            break
    assert seen == [pairs[3][0].id, pairs[0][0].id, many[0].id]


async def _cursor_before_last(library: Library, workspace: UUID) -> Cursor:
    async with library.database.connection() as conn:
        return (await rows.page(conn, workspace, None))[-2].cursor


class Explaining:
    """A connection that notes how many rows each node of each plan has read."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.plans: list[str] = []

    async def execute(self, query: str, parameters: Any) -> Any:
        explained = await self._conn.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {query}", parameters)  # type: ignore[arg-type]
        self.plans.append("\n".join(row["QUERY PLAN"] for row in await explained.fetchall()))
        return await self._conn.execute(query, parameters)  # type: ignore[arg-type]


async def test_page_reads_no_more_of_a_large_library(library: Library, workspace: UUID) -> None:
    """Of 30,000 blobs, 20 were stored twice; one of those has 5,000 files without an asset."""
    pairs = [await twice(library, workspace) for _ in range(20)]
    async with library.database.connection() as conn:
        await conn.execute(
            """
            WITH b AS (
                INSERT INTO blob (id, workspace_id, sha256, size, storage_key, mime, kind, created_at)
                SELECT gen_random_uuid(), %(w)s, sha256(n::text::bytea), 1, 'k' || n, 'image/png', 'image',
                    now() + n * interval '1 s' FROM generate_series(1, 30000) n
                RETURNING id
            ), f AS (
                INSERT INTO file (id, workspace_id, blob_id, name) SELECT id, %(w)s, id, 'n' FROM b
            )
            INSERT INTO file (id, workspace_id, blob_id, name)
            SELECT gen_random_uuid(), %(w)s, %(blob)s, 'n' FROM generate_series(1, 5000)
            """,
            {"w": workspace, "blob": pairs[0][0].file.blob.id},
        )
        await conn.execute("ANALYZE blob")
        await conn.execute("ANALYZE file")
        explaining = Explaining(conn)
        seen = await rows.page(cast("Connection", explaining), workspace, None)
        chosen = [blob.id for blob in seen if blob.is_group]
        found = await rows.groups(cast("Connection", explaining), workspace, chosen, MAX_SHOWN)
    assert len(seen) == 20
    assert sum(row["total"] for row in found.values()) >= 2 * 19
    for plan in explaining.plans:
        for read in _READ.finditer(plan):
            assert float(read[1]) * int(read[2]) <= rows.MAX_FILES + 100, plan
