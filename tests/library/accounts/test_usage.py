"""What a workspace stores is counted exactly, now and by day, and `verify` finds a counter that is not."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from mediatheque.library import Library
from mediatheque.library.accounts.usage import KEPT
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.maintenance.repair import Repair
from mediatheque.library.maintenance.verify import FindingKind, Verification
from mediatheque.model import Kind, Stored, UsageDay
from tests import samples
from tests.library.accounts.test_quotas import SIZE, miscounted, picture, take


async def today(library: Library) -> date:
    async with library.database.connection() as conn:
        row = await (await conn.execute("SELECT (now() AT TIME ZONE 'UTC')::date AS day")).fetchone()
    assert row
    return date.fromisoformat(str(row["day"]))


async def shift(library: Library, days: int) -> None:
    """Let all that happened so far have happened some days earlier."""
    async with library.database.connection() as conn:
        await conn.execute("UPDATE usage_change SET changed_at = changed_at - %s * interval '1 day'", (days,))
        await conn.execute("UPDATE usage_day SET day = day - %s", (days,))


async def days(library: Library, workspace: UUID, back: int = 10) -> list[UsageDay]:
    now = await today(library)
    return await library.accounts.usage.days(workspace, now - timedelta(days=back), now + timedelta(days=1))


async def test_usage_is_told_by_kind(library: Library, workspace: UUID) -> None:
    await take(library, workspace)
    gone = await take(library, workspace)
    wav = samples.wav()
    await take(library, workspace, wav)
    await library.catalog.assets.delete(workspace, gone.id)
    for _ in range(2):
        usage = await library.accounts.usage.current(workspace)
        assert usage.total == Stored(bytes=SIZE + len(wav), assets=2)
        assert usage.by_kind == {Kind.IMAGE: Stored(bytes=SIZE, assets=1), Kind.AUDIO: Stored(bytes=len(wav), assets=1)}
        await library.accounts.usage.fold()


async def test_days_tell_what_was_stored_added_and_removed(library: Library, workspace: UUID) -> None:
    first = await take(library, workspace)
    await take(library, workspace)
    await shift(library, 3)
    await library.accounts.usage.fold()
    await library.catalog.assets.delete(workspace, first.id)
    await shift(library, 1)
    await take(library, workspace)
    now = await today(library)
    one, two = Stored(bytes=SIZE, assets=1), Stored(bytes=2 * SIZE, assets=2)
    expected = [
        UsageDay(day=now - timedelta(days=4), stored=two, added=two, removed=Stored()),
        UsageDay(day=now - timedelta(days=3), stored=two, added=Stored(), removed=Stored()),
        UsageDay(day=now - timedelta(days=2), stored=two, added=Stored(), removed=Stored()),
        UsageDay(day=now - timedelta(days=1), stored=one, added=Stored(), removed=one),
        UsageDay(day=now, stored=two, added=one, removed=Stored()),
    ]
    for _ in range(2):
        assert await days(library, workspace) == expected
        assert await library.accounts.usage.days(workspace, expected[1].day, expected[3].day) == expected[1:4]
        await library.accounts.usage.fold()


async def test_a_workspace_without_content_has_no_days(library: Library, workspace: UUID) -> None:
    assert await days(library, workspace) == []
    assert (await library.accounts.usage.current(workspace)).by_kind == {}


async def test_old_days_are_deleted(library: Library, workspace: UUID) -> None:
    await take(library, workspace)
    await library.accounts.usage.fold()
    await shift(library, KEPT.days + 1)
    await take(library, workspace)
    await library.accounts.usage.fold()
    assert [day.stored for day in await days(library, workspace, 2 * KEPT.days)] == [Stored(bytes=2 * SIZE, assets=2)]


async def test_days_end_at_midnight_utc(library: Library, workspace: UUID) -> None:
    await take(library, workspace)
    async with library.database.connection() as conn:
        await conn.execute(
            "UPDATE usage_change SET changed_at = CASE WHEN bytes = 0 THEN %s ELSE %s END",
            (datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)),
        )
    await library.accounts.usage.fold()
    found = await library.accounts.usage.days(workspace, date(2026, 3, 1), date(2026, 3, 2))
    assert [(day.added.assets, day.added.bytes) for day in found] == [(1, 0), (0, SIZE)]


async def test_folding_beside_uploads_and_deletions_counts_each_once(library: Library, workspace: UUID) -> None:
    async def come_and_go() -> None:
        for _ in range(3):
            asset = await take(library, workspace)
            await take(library, workspace, samples.png())
            await library.catalog.assets.delete(workspace, asset.id)

    async def fold() -> None:
        for _ in range(20):
            await library.accounts.usage.fold()
            assert await miscounted(library) == []

    await asyncio.gather(come_and_go(), come_and_go(), come_and_go(), fold(), fold())
    await library.accounts.usage.fold()
    assert await miscounted(library) == []
    usage = await library.accounts.usage.current(workspace)
    assert usage.total == Stored(bytes=len(samples.png()), assets=9)


async def test_what_garbage_collection_and_expiry_delete_is_counted_once(library: Library, workspace: UUID) -> None:
    data = picture()
    asset = await take(library, workspace, data)
    async with library.database.connection() as conn:
        await conn.execute("UPDATE file SET expires_at = now() WHERE id = %s", (asset.file.id,))
    await GarbageCollector(library.database, library.store, timedelta(seconds=-60)).run()
    assert (await library.accounts.usage.current(workspace)).total == Stored()
    assert await miscounted(library) == []


async def test_verify_finds_and_repairs_a_wrong_counter(library: Library, workspace: UUID) -> None:
    await take(library, workspace)
    await library.accounts.usage.fold()
    async with library.database.connection() as conn:
        await conn.execute("UPDATE usage_total SET bytes = bytes - 5, assets = 7")
    verification = Verification(library.database, library.store, quick=True)
    (finding,) = [f async for f in verification.findings() if f.fault is FindingKind.MISCOUNTED]
    assert "5 bytes" in finding.detail
    assert "-6 assets" in finding.detail
    repair = Repair(library.database, library.store)
    assert len(await repair.repair(finding)) == 1
    assert await repair.repair(finding) == []
    assert await miscounted(library) == []
    assert (await library.accounts.usage.current(workspace)).total == Stored(bytes=SIZE, assets=1)


async def test_the_sum_stays_short_where_no_worker_runs(library: Library, workspace: UUID) -> None:
    async with library.database.connection() as conn:
        await conn.execute("SELECT change_usage(%s, 'image', 1, 0) FROM generate_series(1, 300)", (workspace,))
        await conn.execute("INSERT INTO workspace_quota VALUES (%s, 1000000000, NULL)", (workspace,))
        await conn.execute("SELECT change_usage(%s, 'image', 1, 0)", (workspace,))
        row = await (await conn.execute("SELECT count(*) AS left FROM usage_change")).fetchone()
    assert row
    assert row["left"] == 0
    assert (await library.accounts.usage.current(workspace)).total == Stored(bytes=301)


async def test_folding_while_a_workspace_is_deleted_drops_its_changes(library: Library, workspace: UUID) -> None:
    gone = uuid4()
    async with library.database.connection() as conn:
        await conn.execute("INSERT INTO workspace (id, name) VALUES (%s, 'gone')", (gone,))
        await conn.execute("SELECT change_usage(id, 'image', 1, 0) FROM workspace")
    async with library.database.transaction() as conn:
        await conn.execute("DELETE FROM workspace WHERE id = %s", (gone,))
        folding = asyncio.create_task(library.accounts.usage.fold())
        await asyncio.sleep(0.1)
        assert not folding.done()
    assert await folding == 2
    assert (await library.accounts.usage.current(workspace)).total == Stored(bytes=1)
    assert (await library.accounts.usage.current(gone)).total == Stored()


async def test_usage_is_read_by_index(library: Library, workspace: UUID) -> None:
    """What other workspaces store costs nothing."""
    async with library.database.connection() as conn:
        await conn.execute(
            """
            INSERT INTO usage_change (workspace_id, kind, bytes, assets)
            SELECT md5((n % 200)::text)::uuid, 'image', 1, 1 FROM generate_series(1, 20000) n
            """
        )
        await conn.execute("ANALYZE usage_change")
        cursor = await conn.execute(
            "EXPLAIN SELECT sum(bytes) FROM (SELECT workspace_id, bytes FROM usage_total"
            " UNION ALL SELECT workspace_id, bytes FROM usage_change) c WHERE workspace_id = %s",
            (workspace,),
        )
        plan = "\n".join(str(row["QUERY PLAN"]) for row in await cursor.fetchall())
    assert "usage_change_workspace" in plan
    assert "Seq Scan on usage_change" not in plan
