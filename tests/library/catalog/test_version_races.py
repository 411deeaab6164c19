"""Replacements at the same moment as others, and ones that break off between two steps."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from mediatheque.errors import AssetNotFound, LibraryError
from mediatheque.library import Library
from mediatheque.library.catalog import versions
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.update import AssetPatch
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.maintenance.repair import Repair
from mediatheque.model import Acl, AclEffect, Asset
from tests.library.catalog.contents import content_of, count, findings, numbers, picture, replace, stored_keys, take
from tests.rounds import rounds


class Crash(BaseException):
    """No error of the library: nothing is tidied up after it."""


async def test_replacements_at_the_same_moment_all_become_versions(library: Library, workspace: UUID) -> None:
    first, others = picture(), [picture() for _ in range(8)]
    asset = await take(library, workspace, first)
    replaced = await asyncio.gather(*(replace(library, asset, data) for data in others))
    assert sorted(each.version for each in replaced) == list(range(2, 10))
    assert await numbers(library, asset) == list(range(9, 0, -1))
    assert {await content_of(library, asset, number) for number in range(1, 10)} == {first, *others}
    assert await findings(library) == []


async def test_same_content_at_the_same_moment_is_one_version(library: Library, workspace: UUID) -> None:
    asset, data = await take(library, workspace), picture()
    replaced = await asyncio.gather(*(replace(library, asset, data) for _ in range(5)))
    assert {each.version for each in replaced} == {2}
    assert len(await stored_keys(library)) == 2
    assert await findings(library) == []


@pytest.mark.parametrize("milliseconds", [0, 4, 8, 12])
async def test_replacement_and_deletion_at_the_same_moment_leave_nothing_behind(
    library: Library, workspace: UUID, milliseconds: int
) -> None:
    asset = await take(library, workspace)

    async def delete() -> None:
        await asyncio.sleep(milliseconds / 1000)
        await library.catalog.assets.delete(workspace, asset.id)

    async def attempt() -> None:
        try:
            await replace(library, asset)
        except AssetNotFound:
            return

    await asyncio.gather(delete(), attempt(), attempt(), attempt())
    assert [await count(library, table) for table in ("asset", "file", "asset_version")] == [0, 0, 0]
    await GarbageCollector(library.database, library.store, timedelta(seconds=-60)).run()
    assert await stored_keys(library) == set()


@pytest.mark.sampled
@pytest.mark.parametrize("_", range(rounds(10)))
async def test_everything_at_the_same_moment_ends_without_a_deadlock(library: Library, workspace: UUID, _: int) -> None:
    """Two assets take each other's content, restore, delete versions, change their access, and are registered."""
    few = Library(library.database, library.store, library.sandbox, max_versions=3)
    one, two = await take(few, workspace), await take(few, workspace)
    actions: list[Callable[[], Awaitable[object]]] = []
    for mine, theirs in ((one, two), (two, one)):
        actions += [
            lambda mine=mine: replace(few, mine),
            lambda mine=mine, theirs=theirs: few.catalog.versions.take_content(workspace, mine.id, theirs.file),
            lambda mine=mine: few.catalog.versions.restore(workspace, mine.id, 1),
            lambda mine=mine: few.catalog.versions.delete(workspace, mine.id, 2),
            lambda mine=mine: few.catalog.access.set_acl(workspace, mine.file.id, Acl(AclEffect.FORBID)),
            lambda mine=mine: few.catalog.files.register(mine.file, AssetFields()),
        ]

    async def act(action: Callable[[], Awaitable[object]]) -> str:
        try:
            await action()
        except LibraryError as error:
            return type(error).__name__
        return "done"

    outcomes = await asyncio.gather(*(act(action) for action in actions * 3))
    assert not {*outcomes} - {"done", "NotFound", "VersionNotFound", "Conflict"}
    assert await count(library, "asset") == 2
    async with library.database.connection() as conn:
        cursor = await conn.execute(
            """
            SELECT count(*) AS files, count(DISTINCT acl) AS acls,
                count(*) FILTER (WHERE id NOT IN (SELECT file_id FROM asset)
                    AND id NOT IN (SELECT file_id FROM asset_version)) AS orphans
            FROM file
            """
        )
        row = await cursor.fetchone() or {}
    assert row["orphans"] == 0
    assert row["files"] <= 2 * (3 + 1)
    assert await findings(library) == []


@pytest.mark.parametrize("step", ["receive", "sniff", "check_policy", "probe", "deduplicate", "store_blob"])
async def test_crash_before_the_rows_are_written_keeps_the_former_content(
    library: Library, workspace: UUID, step: str
) -> None:
    data = picture()
    asset = await take(library, workspace, data)
    crashing = Library(library.database, library.store, library.sandbox)
    steps = list(crashing.ingest.steps)

    async def crash(_: object) -> None:
        raise Crash

    steps.insert(steps.index(getattr(crashing.ingest, step)) + 1, crash)
    crashing.ingest.steps = tuple(steps)
    with pytest.raises(Crash):
        await replace(crashing, asset)
    assert await library.catalog.assets.get(workspace, asset.id) == asset
    await GarbageCollector(library.database, library.store, timedelta(seconds=-60)).run()
    assert await stored_keys(library) == {asset.file.blob.storage_key}
    assert await findings(library) == []


@pytest.mark.parametrize("after", ["lock_content", "next_file", "set_file"])
async def test_crash_within_the_transaction_keeps_the_former_content(
    library: Library, workspace: UUID, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = await take(library, workspace)
    original = getattr(versions, after)

    async def crash(*arguments: object) -> None:
        await original(*arguments)
        raise Crash

    monkeypatch.setattr(versions, after, crash)
    with pytest.raises(Crash):
        await replace(library, asset)
    monkeypatch.undo()
    assert await library.catalog.assets.get(workspace, asset.id) == asset
    await GarbageCollector(library.database, library.store, timedelta(seconds=-60)).run()
    assert await stored_keys(library) == {asset.file.blob.storage_key}


async def test_crash_before_surplus_versions_are_deleted_is_made_up_for(
    library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Library(library.database, library.store, library.sandbox, max_versions=1)
    asset = await take(few, workspace)
    await replace(few, asset)

    async def crash(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(few.catalog.versions, "delete_surplus", crash)
    with pytest.raises(Crash):
        await replace(few, asset)
    monkeypatch.undo()
    assert await numbers(few, asset) == [3, 2, 1]
    assert await findings(few) == []
    await replace(few, asset)
    assert await numbers(few, asset) == [4, 3]


async def test_asset_whose_content_is_lost_gets_its_newest_version_back(library: Library, workspace: UUID) -> None:
    contents = [picture() for _ in range(3)]
    asset = await take(library, workspace, contents[0])
    for data in contents[1:]:
        after = await replace(library, asset, data)
    await library.store.delete(after.file.blob.storage_key)
    repair = Repair(library.database, library.store)
    lines = [line for finding in await findings(library) for line in await repair.repair(finding)]
    assert f"gave asset {asset.id} 'a' its older content back" in lines
    returned = await library.catalog.assets.get(workspace, asset.id)
    assert await numbers(library, asset) == [4, 1]
    assert await content_of(library, returned, 4) == contents[1]
    assert await findings(library) == []


async def test_version_whose_bytes_are_lost_is_removed_alone(library: Library, workspace: UUID) -> None:
    asset = await take(library, workspace)
    after = await replace(library, asset)
    await library.store.delete(asset.file.blob.storage_key)
    repair = Repair(library.database, library.store)
    for finding in await findings(library):
        await repair.repair(finding)
    assert await library.catalog.assets.get(workspace, asset.id) == after
    assert await numbers(library, asset) == [2]


@pytest.mark.sampled
@pytest.mark.parametrize("_", range(rounds(10)))
async def test_changes_trash_and_replacements_of_one_asset_do_not_deadlock(
    library: Library, workspace: UUID, _: int
) -> None:
    asset = await take(library, workspace)
    outcomes = await asyncio.gather(
        *(library.catalog.assets.update(workspace, asset.id, AssetPatch(title=f"t{n}")) for n in range(4)),
        *(replace(library, asset) for _ in range(2)),
        library.catalog.trash.move(workspace, asset.id),
        return_exceptions=True,
    )
    assert {type(outcome) for outcome in outcomes} <= {Asset, tuple, AssetNotFound}, outcomes
    await library.catalog.trash.restore(workspace, asset.id)
    assert await findings(library) == []
