"""Tags and favorites, and concurrent changes of them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from mediatheque.errors import AssetNotFound, Conflict, Invalid, NotFound
from mediatheque.library import Library
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.model import AssetRef
from tests.library.collections.seed import new_asset, new_file, new_workspace, register
from tests.rounds import rounds

ROUNDS = rounds(15)
VERBS: dict[str, Callable[[Library, UUID, UUID, UUID], Awaitable[Any]]] = {
    "assign": lambda library, workspace, asset, tag: library.catalog.asset_tags.assign(
        workspace, tag, AssetRef(asset_id=asset)
    ),
    "unassign": lambda library, workspace, asset, tag: library.catalog.asset_tags.unassign(
        workspace, tag, AssetRef(asset_id=asset)
    ),
    "replace": lambda library, workspace, asset, tag: library.catalog.asset_tags.replace(
        workspace, AssetRef(asset_id=asset), [tag]
    ),
    "favorite": lambda library, workspace, asset, _: library.catalog.assets.set_favorite(
        workspace, AssetRef(asset_id=asset), favorite=True
    ),
}


@pytest.fixture
async def workspace(library: Library) -> UUID:
    return await new_workspace(library)


async def at_once(*work: Awaitable[Any], allowed: type[Exception] = NotFound) -> list[Any]:
    """Run the work concurrently, and return results and errors. Only errors of the type `allowed` may occur.

    A deadlock or an untranslated database error fails the test.
    """
    results = await asyncio.gather(*work, return_exceptions=True)
    unexpected = [result for result in results if isinstance(result, BaseException) and not isinstance(result, allowed)]
    assert not unexpected
    return results


async def names(library: Library, workspace: UUID) -> list[str]:
    return [tag.name for tag in await library.catalog.tags.list(workspace)]


async def tags_of(library: Library, workspace: UUID, asset_id: UUID) -> set[UUID]:
    return {tag.id for tag in await library.catalog.asset_tags.list_of(workspace, asset_id)}


async def new_tags(library: Library, workspace: UUID, count: int) -> list[UUID]:
    return [(await library.catalog.tags.create(workspace, uuid4().hex)).id for _ in range(count)]


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "a\0b"])
async def test_invalid_names(library: Library, workspace: UUID, name: str) -> None:
    tag = await library.catalog.tags.create(workspace, "kept")
    with pytest.raises(Invalid):
        await library.catalog.tags.create(workspace, name)
    with pytest.raises(Invalid):
        await library.catalog.tags.rename(workspace, tag.id, name)
    assert await names(library, workspace) == ["kept"]


@pytest.mark.sampled
async def test_concurrent_creates_make_one(library: Library, workspace: UUID) -> None:
    creates = [library.catalog.tags.create(workspace, name) for name in ("mood", "Mood", "MOOD", "mOOD") * 2]
    results = await at_once(*creates, allowed=Conflict)
    made = [result for result in results if not isinstance(result, Exception)]
    assert await library.catalog.tags.list(workspace) == made
    assert len(made) == 1


@pytest.mark.sampled
async def test_concurrent_renames_to_each_others_names(library: Library, workspace: UUID) -> None:
    """Two tags are renamed to each other's names, which must fail, while a third tag is created."""
    one, other = [await library.catalog.tags.create(workspace, name) for name in "ab"]
    for _ in range(ROUNDS):
        wishes = [(one.id, "B"), (other.id, "A"), (one.id, "c"), (other.id, "C")]
        renamings = [library.catalog.tags.rename(workspace, id, name) for id, name in wishes]
        await at_once(*renamings, library.catalog.tags.create(workspace, uuid4().hex), allowed=Conflict)
        found = [name.lower() for name in await names(library, workspace)]
        assert len(set(found)) == len(found)


@pytest.mark.sampled
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("ended", ["tag", "asset"])
async def test_changes_while_the_tag_or_asset_is_deleted(
    library: Library, workspace: UUID, verb: str, ended: str
) -> None:
    """Each change happens before the deletion or raises `NotFound`."""
    for _ in range(ROUNDS):
        tag, other = await new_tags(library, workspace, 2)
        asset = await new_asset(library, workspace, other)
        work = [VERBS[verb](library, workspace, asset, tag) for _ in range(2)]
        end = (
            library.catalog.tags.delete(workspace, tag)
            if ended == "tag"
            else library.catalog.assets.delete(workspace, asset)
        )
        *_, ending = await at_once(*work, end)
        assert not isinstance(ending, Exception)
        if ended == "tag":
            assert await tags_of(library, workspace, asset) <= {other}
        else:
            assert await tags_of(library, workspace, asset) == set()
            with pytest.raises(AssetNotFound):
                await library.catalog.assets.get(workspace, asset)


@pytest.mark.sampled
async def test_registration_while_the_tag_is_deleted(library: Library, workspace: UUID) -> None:
    for _ in range(ROUNDS):
        tag, other = await new_tags(library, workspace, 2)
        file = await new_file(library, workspace)
        registrations = [register(library, file, other, tag) for _ in range(2)]
        await at_once(*registrations, library.catalog.tags.delete(workspace, tag))
        assert {tag.id for tag in (await register(library, file)).tags} <= {other}


@pytest.mark.sampled
async def test_concurrent_replacements_leave_one_of_the_sets(library: Library, workspace: UUID) -> None:
    tags = await new_tags(library, workspace, 6)
    asset = await new_asset(library, workspace)
    wanted = [set(tags[:3]), set(tags[3:]), {tags[0], tags[5]}, set()]
    for _ in range(ROUNDS):
        work = [library.catalog.asset_tags.replace(workspace, AssetRef(asset_id=asset), list(each)) for each in wanted]
        answers = await at_once(*work)
        assert [{tag.id for tag in answer} for answer in answers] == wanted
        assert await tags_of(library, workspace, asset) in wanted


@pytest.mark.sampled
async def test_concurrent_operations_do_not_deadlock(library: Library, workspace: UUID) -> None:
    """Ten concurrent operations on the same few tags and assets."""
    chance = random.Random(4711)
    tags = await new_tags(library, workspace, 6)
    files = [await new_file(library, workspace) for _ in range(3)]
    assets = [(await register(library, file)).id for file in files]

    def some() -> list[UUID]:
        return chance.sample(tags, chance.randint(1, 4))

    def act() -> Awaitable[Any]:
        reference, tag = AssetRef(asset_id=chance.choice(assets)), chance.choice(tags)
        return chance.choice(
            [
                lambda: library.catalog.asset_tags.assign(workspace, tag, reference),
                lambda: library.catalog.asset_tags.unassign(workspace, tag, reference),
                lambda: library.catalog.asset_tags.replace(workspace, reference, some()),
                lambda: library.catalog.asset_tags.replace(workspace, reference, some()),
                lambda: register(library, chance.choice(files), *some()),
                lambda: library.catalog.tags.rename(workspace, tag, uuid4().hex),
                lambda: library.catalog.assets.set_favorite(workspace, reference, favorite=chance.random() < 0.5),
                lambda: library.catalog.tags.delete(workspace, tag),
            ]
        )()

    for _ in range(rounds(40)):
        await at_once(*(act() for _ in range(10)))
        left = {tag.id for tag in await library.catalog.tags.list(workspace)}
        for asset in assets:
            assert await tags_of(library, workspace, asset) <= left
        for gone in set(tags) - left:
            tags[tags.index(gone)] = (await new_tags(library, workspace, 1))[0]


@pytest.mark.parametrize("method", ["deleted", "expired"])
async def test_concurrent_deletions_of_tags_and_assets(library: Library, workspace: UUID, method: str) -> None:
    """Every tag is on every asset, so that all deletions contend for memberships."""
    for _ in range(5):
        tags = await new_tags(library, workspace, 4)
        assets = [await new_asset(library, workspace, *tags) for _ in range(20)]
        if method == "expired":
            await _expire(library, workspace)
            ends: list[Awaitable[Any]] = [GarbageCollector(library.database, library.store).run()]
        else:
            ends = [library.catalog.assets.delete(workspace, asset) for asset in assets[:8]]
        results = await at_once(*ends, *(library.catalog.tags.delete(workspace, tag) for tag in tags))
        assert not any(isinstance(result, Exception) for result in results)
        assert await library.catalog.tags.list(workspace) == []


async def test_deleting_a_tag_and_its_assets_locks_memberships_in_one_order(library: Library, workspace: UUID) -> None:
    """A third transaction has locked one membership. Both deletions wait for it, and do not deadlock after."""
    chance = random.Random(4711)
    for _ in range(8):
        (tag,) = await new_tags(library, workspace, 1)
        assets = [await new_asset(library, workspace, tag) for _ in range(12)]
        for asset in chance.sample(assets, 12):  # updates shuffle the physical order of the rows
            await library.catalog.assets.set_favorite(workspace, AssetRef(asset_id=asset), favorite=True)
        await _expire(library, workspace)
        async with library.database.transaction() as conn:
            await conn.execute("SELECT FROM asset_tag WHERE asset_id = %s FOR UPDATE", (assets[6],))
            collector = asyncio.create_task(GarbageCollector(library.database, library.store).run())
            await _until_waiting(library, 1)
            end = asyncio.create_task(library.catalog.tags.delete(workspace, tag))
            await _until_waiting(library, 2)
        await at_once(collector, end)
        assert (collector.exception(), end.exception()) == (None, None)


async def _expire(library: Library, workspace: UUID) -> None:
    async with library.database.connection() as conn:
        await conn.execute("UPDATE file SET expires_at = now() WHERE workspace_id = %s", (workspace,))


async def _until_waiting(library: Library, count: int) -> None:
    """Wait until `count` sessions of this database wait for a lock."""
    query = """
        SELECT count(*) AS waiting FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    async with asyncio.timeout(60), library.database.connection() as conn:
        while True:
            row = await (await conn.execute(query)).fetchone()
            if row and row["waiting"] >= count:
                return
            await asyncio.sleep(0.01)
