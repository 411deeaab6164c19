"""Operations on many assets: a result for each, few statements, nothing of other workspaces."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from mediatheque.errors import (
    AssetNotFound,
    Conflict,
    FolderNotFound,
    Invalid,
    LibraryError,
    NotFound,
    TransactionConflict,
)
from mediatheque.library import Library
from mediatheque.library.catalog.bulk import BulkOutcome
from mediatheque.library.catalog.update import AssetPatch
from mediatheque.model import Asset, Filter, Scope
from tests.library.catalog.contents import count, picture, replace, take
from tests.library.ingest_requests import ingest_request
from tests.rounds import rounds

MANY = 1_000


@pytest.fixture
async def other(library: Library) -> UUID:
    principal = await library.accounts.authenticate(await library.accounts.create_key("two", frozenset(Scope)))
    return principal.workspace_id


def kinds(outcome: BulkOutcome) -> list[type[LibraryError] | None]:
    return [error and type(error) for _, error in outcome.results]


async def some(library: Library, workspace: UUID, number: int) -> list[Asset]:
    data = picture()
    return [await take(library, workspace, data) for _ in range(number)]


async def seed(library: Library, workspace: UUID, number: int) -> list[str]:
    """Insert many assets of one blob, and return their ids."""
    original = await take(library, workspace)
    async with library.database.connection() as conn:
        await conn.execute(
            """
            WITH made AS (
                INSERT INTO file (id, workspace_id, blob_id, name)
                SELECT gen_random_uuid(), %(workspace)s, %(blob)s, 'a.jpg' FROM generate_series(1, %(number)s)
                RETURNING id
            )
            INSERT INTO asset (id, workspace_id, file_id, kind, title, source)
            SELECT gen_random_uuid(), %(workspace)s, id, 'image', 'a', 'upload' FROM made
            """,
            {"workspace": workspace, "blob": original.file.blob.id, "number": number - 1},
        )
        cursor = await conn.execute("SELECT id FROM asset WHERE workspace_id = %s", (workspace,))
        return [str(row["id"]) for row in await cursor.fetchall()]


@asynccontextmanager
async def counted(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """Collect the statements that are executed within the block."""
    executed: list[str] = []
    execute = psycopg.AsyncCursor.execute

    async def noting(self: psycopg.AsyncCursor, query: str, *arguments: object, **more: object) -> object:
        executed.append(query)
        return await execute(self, query, *arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", noting)
        yield executed


async def test_each_id_has_a_result_in_order(library: Library, workspace: UUID, other: UUID) -> None:
    one, two, trashed = await some(library, workspace, 3)
    foreign = await take(library, other)
    await library.catalog.trash.move(workspace, trashed.id)
    ids = [
        str(two.id),
        str(uuid4()),
        str(foreign.id),
        "nonsense",
        str(one.id),
        one.id.hex,
        str(two.id),
        str(trashed.id),
    ]
    outcome = await library.catalog.bulk.patch(workspace, ids, AssetPatch(is_favorite=True))
    assert [text for text, _ in outcome.results] == ids
    assert kinds(outcome) == [None, AssetNotFound, AssetNotFound, AssetNotFound, None, None, None, AssetNotFound]
    unknown, theirs = (str(outcome.results[number][1]) for number in (1, 2))
    assert unknown == theirs
    assert await library.catalog.assets.count(workspace, Filter(favorites=True)) == 2
    assert not (await library.catalog.assets.get(other, foreign.id)).is_favorite


async def test_patch_changes_what_is_given(library: Library, workspace: UUID) -> None:
    assets = await some(library, workspace, 2)
    folder = await library.catalog.folders.create(workspace, "shots", "video", None)
    ids = [str(asset.id) for asset in assets]
    await library.catalog.bulk.patch(workspace, ids[:1], AssetPatch(metadata={"shot": {"n": 1, "of": 2}}))
    outcome = await library.catalog.bulk.patch(
        workspace, ids, AssetPatch(caption="sea", folder_id=folder.id, metadata={"shot": {"n": 5}, "x": None})
    )
    assert kinds(outcome) == [None, None]
    first, second = [await library.catalog.assets.get(workspace, asset.id) for asset in assets]
    assert (first.metadata, second.metadata) == ({"shot": {"n": 5, "of": 2}}, {"shot": {"n": 5}})
    assert {(each.caption, each.folder_id, each.title) for each in (first, second)} == {("sea", folder.id, "a")}
    unchanged = await library.catalog.bulk.patch(workspace, ids, AssetPatch(caption="sea"))
    assert kinds(unchanged) == [None, None]
    assert await library.catalog.assets.get(workspace, first.id) == first
    async with library.database.connection() as conn:
        cursor = await conn.execute("SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'embed_asset'")
        assert (await cursor.fetchone() or {})["n"] == 4, "two uploads, two captions"


async def test_asset_whose_metadata_would_be_too_large_is_refused_alone(library: Library, workspace: UUID) -> None:
    full, empty = await some(library, workspace, 2)
    large = {f"k{n}": "x" * 100 for n in range(130)}
    await library.catalog.bulk.patch(workspace, [str(full.id)], AssetPatch(metadata=large))
    outcome = await library.catalog.bulk.patch(
        workspace, [str(full.id), str(empty.id)], AssetPatch(metadata={"more": "y" * 4000}, title="new")
    )
    assert kinds(outcome) == [Invalid, None]
    assert [(await library.catalog.assets.get(workspace, asset.id)).title for asset in (full, empty)] == ["a", "new"]


async def test_tags_and_collections(library: Library, workspace: UUID) -> None:
    assets = await some(library, workspace, 3)
    ids = [str(asset.id) for asset in assets]
    red, blue = [await library.catalog.tags.create(workspace, name) for name in ("red", "blue")]
    collection = uuid4()
    async with library.database.connection() as conn:
        await conn.execute(
            "INSERT INTO collection (id, workspace_id, name) VALUES (%s, %s, 'c')", (collection, workspace)
        )
    bulk = library.catalog.bulk
    await bulk.tag(workspace, ids[:2], [red.id, blue.id], add=True)
    await bulk.tag(workspace, ids, [red.id], add=True)
    await bulk.tag(workspace, ids[1:], [red.id], add=False)
    await bulk.collect(workspace, ids, collection, add=True)
    await bulk.collect(workspace, ids[:1], collection, add=True)
    await bulk.collect(workspace, ids[2:], collection, add=False)
    found = [await library.catalog.assets.get(workspace, asset.id) for asset in assets]
    assert [each.tags for each in found] == [(blue, red), (blue,), ()]
    assert [each.collection_ids for each in found] == [(collection,), (collection,), ()]


async def test_what_all_share_must_exist(library: Library, workspace: UUID, other: UUID) -> None:
    asset = await take(library, workspace)
    ids, bulk = [str(asset.id)], library.catalog.bulk
    tag = await library.catalog.tags.create(workspace, "red")
    theirs = await library.catalog.tags.create(other, "red")
    folder = await library.catalog.folders.create(other, "shots", "video", None)
    for error, action in (
        (NotFound, bulk.tag(workspace, ids, [tag.id, theirs.id], add=True)),
        (NotFound, bulk.tag(workspace, ids, [uuid4()], add=False)),
        (NotFound, bulk.collect(workspace, ids, uuid4(), add=True)),
        (FolderNotFound, bulk.patch(workspace, ids, AssetPatch(folder_id=folder.id, title="new"))),
    ):
        with pytest.raises(error):
            await action
    assert await library.catalog.assets.get(workspace, asset.id) == asset


async def test_trash_restore_and_purge(library: Library, workspace: UUID) -> None:
    one, two, three = await some(library, workspace, 3)
    after = await replace(library, one)
    ids, bulk = [str(asset.id) for asset in (one, two, three)], library.catalog.bulk
    trashed = await bulk.trash(workspace, [*ids, ids[0]])
    assert kinds(trashed) == [None] * 4
    assert set(trashed.file_ids) == {one.file.id, after.file.id, two.file.id, three.file.id}
    assert kinds(await bulk.trash(workspace, ids[:1])) == [AssetNotFound]
    assert kinds(await bulk.restore(workspace, [ids[1], "x"])) == [None, AssetNotFound]
    purged = await bulk.purge(workspace, ids)
    assert kinds(purged) == [None, AssetNotFound, None]
    assert set(purged.file_ids) == {one.file.id, after.file.id, three.file.id}
    assert [await count(library, table) for table in ("asset", "file", "asset_version")] == [1, 1, 0]


async def test_restored_asset_whose_external_id_is_taken_is_refused_alone(library: Library, workspace: UUID) -> None:
    one, two, three = await some(library, workspace, 3)
    ids, bulk = [str(asset.id) for asset in (one, two, three)], library.catalog.bulk
    for asset in (one, two):
        await library.catalog.assets.update(workspace, asset.id, AssetPatch(external_id="shot-1"))
        await bulk.trash(workspace, [str(asset.id)])
    await bulk.trash(workspace, ids[2:])
    assert kinds(await bulk.restore(workspace, [ids[1], ids[0], ids[2]])) == [None, Conflict, None]
    assert kinds(await bulk.restore(workspace, ids)) == [Conflict, AssetNotFound, AssetNotFound]


async def test_a_thousand_assets_take_as_many_statements_as_one(
    library: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await seed(library, workspace, MANY)
    tag = await library.catalog.tags.create(workspace, "red")
    collection = uuid4()
    async with library.database.connection() as conn:
        await conn.execute(
            "INSERT INTO collection (id, workspace_id, name) VALUES (%s, %s, 'c')", (collection, workspace)
        )
    bulk = library.catalog.bulk
    operations: list[Callable[[list[str]], Awaitable[BulkOutcome]]] = [
        lambda ids: bulk.patch(workspace, ids, AssetPatch(caption=str(len(ids)), metadata={"n": len(ids)})),
        lambda ids: bulk.tag(workspace, ids, [tag.id], add=True),
        lambda ids: bulk.collect(workspace, ids, collection, add=True),
        lambda ids: bulk.tag(workspace, ids, [tag.id], add=False),
        lambda ids: bulk.collect(workspace, ids, collection, add=False),
        lambda ids: bulk.trash(workspace, ids),
        lambda ids: bulk.restore(workspace, ids),
        lambda ids: bulk.trash(workspace, ids),
        lambda ids: bulk.purge(workspace, ids),
    ]
    one, others = ids[:1], ids[1:]
    for operation in operations:
        used = []
        for some_ids in (one, others):
            async with counted(monkeypatch) as executed:
                outcome = await operation(some_ids)
            assert not any(kinds(outcome))
            used.append(len(executed))
        assert used[0] == used[1] <= 20
    assert await count(library, "asset") == 0


@pytest.mark.sampled
@pytest.mark.parametrize("_", range(rounds(10)))
async def test_operations_at_the_same_moment_do_not_deadlock(library: Library, workspace: UUID, _: int) -> None:
    ids = await seed(library, workspace, 60)
    tags = [(await library.catalog.tags.create(workspace, name)).id for name in "abc"]
    bulk = library.catalog.bulk
    backwards = ids[::-1]
    outcomes = await asyncio.gather(
        *(bulk.tag(workspace, order, tags, add=True) for order in (ids, backwards)),
        *(bulk.patch(workspace, order, AssetPatch(title="t")) for order in (backwards, ids)),
        *(bulk.trash(workspace, order) for order in (ids[:30], backwards[30:])),
        *(bulk.tag(workspace, order, tags[:1], add=False) for order in (backwards, ids)),
        *(bulk.restore(workspace, order) for order in (ids, backwards)),
        *(library.catalog.tags.delete(workspace, id) for id in tags[2:]),
        return_exceptions=True,
    )
    assert {type(outcome) for outcome in outcomes} <= {BulkOutcome, NotFound, type(None)}, outcomes


async def test_of_assets_imported_from_one_url_the_first_restored_keeps_it(library: Library, workspace: UUID) -> None:
    url, assets = "https://example.com/a.png", list[Asset]()
    for _ in range(2):
        request = msgspec.structs.replace(ingest_request(workspace, picture()), origin_url=url)
        assets.append(await library.ingest.create_asset(request))
        await library.catalog.trash.move(workspace, assets[-1].id)
    outcome = await library.catalog.bulk.restore(workspace, [str(asset.id) for asset in reversed(assets)])
    assert kinds(outcome) == [None, None]
    origins = [(await library.catalog.assets.get(workspace, asset.id)).file.origin_url for asset in assets]
    assert origins == [None, url]


async def test_a_url_that_is_imported_while_an_asset_of_it_is_restored_is_a_conflict(
    library: Library, workspace: UUID
) -> None:
    request = msgspec.structs.replace(ingest_request(workspace, picture()), origin_url="https://example.com/a.png")
    trashed = await library.ingest.create_asset(request)
    await library.catalog.trash.move(workspace, trashed.id)
    other = await take(library, workspace)
    async with library.database.transaction() as conn:
        await conn.execute("UPDATE file SET origin_url = %s WHERE id = %s", (request.origin_url, other.file.id))
        restoring = asyncio.create_task(library.catalog.trash.restore(workspace, trashed.id))
        await _until_waiting(library)
    with pytest.raises(TransactionConflict):
        await restoring


async def _until_waiting(library: Library) -> None:
    """Wait until a session of this database waits for a lock."""
    query = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(60), library.database.connection() as conn:
        while await (await conn.execute(query)).fetchone() is None:
            await asyncio.sleep(0.01)
