"""The tree of collections against a model, and concurrent changes of collections."""

import asyncio
import random
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.errors import Conflict, Invalid, NotFound
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.collections.hierarchy import MAX_DEPTH, Branch
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.model import Asset, AssetRef, Collection, Scope
from tests import samples
from tests.library.ingest_requests import ingest_request
from tests.rounds import examples, rounds


class Model:
    """The tree of collections by number. Deleted ones are not in it."""

    def __init__(self) -> None:
        self.parents: dict[int, int | None] = {}

    def below(self, number: int) -> list[int]:
        direct = [n for n, parent in self.parents.items() if parent == number]
        return [number, *(each for n in direct for each in self.below(n))]

    def above(self, number: int) -> list[int]:
        parent = self.parents[number]
        return [] if parent is None else [*self.above(parent), parent]

    def fits(self, moving: list[int], parent: int | None) -> bool:
        if parent is None:
            return True
        levels = max((len(self.above(n)) for n in moving), default=0) - (len(self.above(moving[0])) if moving else 0)
        return parent not in moving and len(self.above(parent)) + 1 + levels + 1 <= MAX_DEPTH

    def remove(self, number: int) -> None:
        parent = self.parents.pop(number)
        for n, above in self.parents.items():
            if above == number:
                self.parents[n] = parent


# (operation, collection, parent); the number of a collection that does not exist means the top.
Moves = st.lists(
    st.tuples(st.sampled_from(["create", "create", "move", "move", "delete"]), st.integers(0, 9), st.integers(0, 9)),
    min_size=4,
    max_size=24,
)


async def new_workspace(library: Library) -> UUID:
    key = await library.accounts.create_key(uuid4().hex, frozenset(Scope))
    return (await library.accounts.authenticate(key)).workspace_id


@pytest.fixture
async def workspace(library: Library) -> UUID:
    return await new_workspace(library)


async def parents_by_id(library: Library, workspace: UUID) -> dict[UUID, UUID | None]:
    """Return the parent of every collection."""
    return {each.id: each.parent_id for each in await library.collections.collections.page(workspace, 1000, 0)}


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deep=st.integers(0, MAX_DEPTH), moves=Moves)
@pytest.mark.sampled
async def test_tree_matches_the_model(library: Library, deep: int, moves: list[tuple[str, int, int]]) -> None:
    """The moves start from a chain of `deep` collections."""
    workspace = await new_workspace(library)
    model, ids = Model(), list[UUID]()
    for verb, chosen, into in [*(("create", 0, n - 1) for n in range(deep)), *moves]:
        parent = into if into in model.parents else None
        parent_id = None if parent is None else ids[parent]
        if verb == "create":
            if model.fits([], parent):
                ids.append((await library.collections.collections.create(workspace, "a", parent_id=parent_id)).id)
                model.parents[len(ids) - 1] = parent
            else:
                with pytest.raises(Invalid):
                    await library.collections.collections.create(workspace, "a", parent_id=parent_id)
        elif chosen in model.parents:
            if verb == "delete":
                await library.collections.collections.delete(workspace, ids[chosen])
                model.remove(chosen)
            elif model.fits(model.below(chosen), parent):
                assert (await library.collections.tree.move(workspace, ids[chosen], parent_id)).parent_id == parent_id
                model.parents[chosen] = parent
            else:
                with pytest.raises(Invalid):
                    await library.collections.tree.move(workspace, ids[chosen], parent_id)
    expected = {ids[n]: None if above is None else ids[above] for n, above in model.parents.items()}
    assert await parents_by_id(library, workspace) == expected
    for number in model.parents:
        shown = await library.collections.tree.hierarchy(workspace, ids[number])
        assert [node.id for node in shown.ancestors] == [ids[n] for n in model.above(number)]
        assert sorted(flattened(shown.branch)) == sorted(ids[n] for n in model.below(number))


def flattened(branch: Branch) -> list[UUID]:
    return [branch.node.id, *(id for child in branch.children for id in flattened(child))]


async def outcomes(*calls: object) -> list[object]:
    """Run the calls concurrently. Return their results and errors, all of which are the library's."""
    done = await asyncio.gather(*calls, return_exceptions=True)  # type: ignore[call-overload] # coroutines of any sort
    for each in done:
        if isinstance(each, BaseException) and not isinstance(each, NotFound | Invalid | Conflict):
            raise each
    return list(done)


@pytest.mark.sampled
async def test_concurrent_moves_cannot_make_a_cycle(library: Library, workspace: UUID) -> None:
    for _ in range(rounds(20)):
        a, b = [await library.collections.collections.create(workspace, name) for name in "ab"]
        done = await outcomes(
            library.collections.tree.move(workspace, a.id, b.id), library.collections.tree.move(workspace, b.id, a.id)
        )
        assert sorted(type(each) is Collection for each in done) == [False, True]
        assert (
            sum(
                parent is not None
                for id, parent in (await parents_by_id(library, workspace)).items()
                if id in (a.id, b.id)
            )
            == 1
        )


@pytest.mark.sampled
async def test_concurrent_moves_cannot_exceed_the_depth(library: Library, workspace: UUID) -> None:
    """Each move alone fits into the allowed depth: two levels below two, and those below two more."""
    for _ in range(rounds(20)):
        tops: list[UUID] = []
        bottoms: list[UUID] = []
        for _ in range(3):
            top = await library.collections.collections.create(workspace, "top")
            tops.append(top.id)
            bottoms.append((await library.collections.collections.create(workspace, "bottom", parent_id=top.id)).id)
        done = await outcomes(
            library.collections.tree.move(workspace, tops[0], bottoms[1]),
            library.collections.tree.move(workspace, tops[1], bottoms[2]),
        )
        assert sum(isinstance(each, Invalid) for each in done) == 1


@pytest.mark.sampled
async def test_concurrent_changes_leave_a_valid_tree(library: Library, workspace: UUID) -> None:
    """Eight concurrent callers: no internal error, no cycle, and no collection below the allowed depth."""
    chance = random.Random(4711)
    known = [(await library.collections.collections.create(workspace, "root")).id]

    async def act() -> None:
        id, other = chance.choice(known), chance.choice([*known, None])
        verb = chance.choice(["create", "create", "move", "move", "delete"])
        if verb == "create":
            known.append((await library.collections.collections.create(workspace, "a", parent_id=id)).id)
        elif verb == "move":
            await library.collections.tree.move(workspace, id, other)
        else:
            await library.collections.collections.delete(workspace, id)

    for _ in range(rounds(25)):
        await outcomes(*(act() for _ in range(8)))
        parents = await parents_by_id(library, workspace)
        assert {parent for parent in parents.values() if parent} <= parents.keys()
        for id in parents:
            levels, above = 1, parents[id]
            while above and levels <= MAX_DEPTH:
                levels, above = levels + 1, parents[above]
            assert levels <= MAX_DEPTH
        if not parents:
            known.append((await library.collections.collections.create(workspace, "root")).id)


@pytest.mark.sampled
async def test_adding_while_the_asset_or_collection_is_deleted(library: Library, workspace: UUID) -> None:
    for seed in range(rounds(12)):
        asset = await library.ingest.create_asset(ingest_request(workspace, samples.png(seed=seed % 3)))
        collection = await library.collections.collections.create(workspace, "a")
        remove = (
            library.catalog.assets.delete(workspace, asset.id)
            if seed % 2
            else library.collections.collections.delete(workspace, collection.id)
        )
        reference = AssetRef(asset_id=asset.id)
        await outcomes(
            *(library.collections.members.add(workspace, collection.id, reference) for _ in range(3)),
            remove,
            *(library.collections.members.add(workspace, collection.id, reference) for _ in range(3)),
            library.collections.members.remove(workspace, collection.id, reference),
        )
        with pytest.raises(NotFound):
            await library.collections.members.add(workspace, collection.id, reference)


@pytest.mark.sampled
async def test_images_of_a_character_deleted_meanwhile(library: Library, workspace: UUID) -> None:
    """One image is both the cover and a reference: the deletions do not deadlock."""
    for turn in range(rounds(10)):
        assets = [
            await library.ingest.create_asset(ingest_request(workspace, samples.png(seed=seed))) for seed in range(3)
        ]
        first, second, third = (asset.file.id for asset in assets)
        character = await library.collections.characters.create(
            workspace, CollectionPatch(name="a", description="b", cover_file_id=first), [first, second]
        )
        await outcomes(
            library.collections.characters.update(
                workspace, character.id, CollectionPatch(cover_file_id=second), references=[third, second]
            ),
            library.catalog.assets.delete(workspace, assets[turn % 3].id),
            library.collections.characters.update(
                workspace, character.id, CollectionPatch(cover_file_id=third), references=[first, third]
            ),
            library.collections.collections.update(workspace, character.id, CollectionPatch(cover_file_id=first)),
            library.collections.characters.create(
                workspace, CollectionPatch(name="a", description="b"), [first, second, third]
            ),
        )
        gone = assets[turn % 3].file.id
        left = await library.collections.characters.get(workspace, character.id)
        assert gone not in [file.id for file in (*left.references, *([left.cover] if left.cover else []))]
        with pytest.raises(NotFound):
            await library.collections.characters.update(workspace, character.id, CollectionPatch(cover_file_id=gone))


async def test_upload_into_a_collection_that_is_deleted_meanwhile(library: Library, workspace: UUID) -> None:
    collection = await library.collections.collections.create(workspace, "a")
    details = AssetFields(collection_id=collection.id)
    done = await outcomes(
        *(library.ingest.create_asset(ingest_request(workspace, samples.png(), details=details)) for _ in range(4)),
        library.collections.collections.delete(workspace, collection.id),
    )
    assert all(isinstance(each, Asset | NotFound) for each in done[:-1])


async def test_concurrent_creates_of_one_handle(library: Library, workspace: UUID) -> None:
    file = (await library.ingest.create_asset(ingest_request(workspace, samples.png()))).file.id
    wanted = CollectionPatch(name="Maria", description="b")

    async def create(identifier: str | None) -> Collection:
        return await library.collections.characters.create(workspace, wanted, [file], identifier=identifier)

    done = await outcomes(*(create(each) for each in (*["Maria", "maria", "@MARIA"], *[None] * 5)))
    handles = [each.identifier for each in done if isinstance(each, Collection)]
    assert len({(handle or "").lower() for handle in handles}) == len(handles) >= 5
    assert all(isinstance(each, Collection | Conflict) for each in done)
    assert all(isinstance(each, Collection) for each in done[3:])


class Characters(msgspec.Struct):
    ours: Collection
    theirs: Collection


@pytest.fixture
async def named(library: Library, workspace: UUID) -> Characters:
    """A character @Maria in this workspace, and one in another workspace."""
    made = []
    for owner in (workspace, await new_workspace(library)):
        file = (await library.ingest.create_asset(ingest_request(owner, samples.png()))).file.id
        wanted = CollectionPatch(name="Maria", description="b")
        made.append(await library.collections.characters.create(owner, wanted, [file], identifier="Maria"))
    return Characters(*made)


@pytest.mark.parametrize(
    ("identifiers", "found"),
    [
        (["Maria"], True),
        (["@mARIA"], True),
        (["maria", "Maria", "other"], True),
        (["other"], False),
        ([], False),
        (["maria\0", "", "@", "ä", "%"], False),
    ],
    ids=str,
)
async def test_find_by_handle(
    library: Library, workspace: UUID, named: Characters, identifiers: list[str], found: bool
) -> None:
    shown = await library.collections.characters.find_by_handle(workspace, identifiers)
    assert shown == ([named.ours] if found else [])


async def test_collections_of_another_workspace_look_unknown(
    library: Library, workspace: UUID, named: Characters
) -> None:
    other = named.theirs.workspace_id
    collection = await library.collections.collections.create(other, "theirs")
    asset = await library.ingest.create_asset(ingest_request(other, samples.png()))
    mine = await library.collections.collections.create(workspace, "mine")
    for id in (collection.id, named.theirs.id):
        calls = [
            library.collections.collections.get(workspace, id),
            library.collections.collections.update(workspace, id, CollectionPatch(name="mine")),
            library.collections.collections.set_favorite(workspace, id, True),
            library.collections.collections.delete(workspace, id),
            library.collections.collections.create(workspace, "mine", parent_id=id),
            library.collections.tree.hierarchy(workspace, id),
            library.collections.tree.move(workspace, id, None),
            library.collections.tree.move(workspace, mine.id, id),
            library.collections.members.add(workspace, id, AssetRef(asset_id=asset.id)),
            library.collections.members.remove(workspace, id, AssetRef(asset_id=asset.id)),
            library.collections.members.add(workspace, mine.id, AssetRef(asset_id=asset.id)),
            library.collections.collections.update(workspace, mine.id, CollectionPatch(cover_file_id=asset.file.id)),
        ]
        for call in calls:
            with pytest.raises(NotFound):
                await call  # type: ignore[misc] # coroutines of any sort
    assert await library.collections.collections.get(other, collection.id) == collection
    assert await library.collections.characters.get(other, named.theirs.id) == named.theirs
    assert await parents_by_id(library, workspace) == {mine.id: None}


async def test_deleting_a_collection_and_its_assets_locks_memberships_in_one_order(
    library: Library, workspace: UUID
) -> None:
    """A third transaction has locked one membership. Both deletions wait for it, and do not deadlock after."""
    chance = random.Random(4711)
    for _ in range(4):
        collection = await library.collections.collections.create(workspace, "a")
        taken = [await library.ingest.create_asset(ingest_request(workspace, samples.png())) for _ in range(12)]
        assets = [asset.id for asset in taken]
        for asset in chance.sample(assets, 12):
            await library.collections.members.add(workspace, collection.id, AssetRef(asset_id=asset))
        for asset in chance.sample(assets, 12):  # updates shuffle the physical order of the rows
            await library.catalog.assets.set_favorite(workspace, AssetRef(asset_id=asset), favorite=True)
        async with library.database.connection() as conn:
            await conn.execute("UPDATE file SET expires_at = now() WHERE workspace_id = %s", (workspace,))
        async with library.database.transaction() as conn:
            await conn.execute("SELECT FROM collection_asset WHERE asset_id = %s FOR UPDATE", (assets[6],))
            collector = asyncio.create_task(library.maintenance.garbage.run())
            await until_waiting(library, 1)
            end = asyncio.create_task(library.collections.collections.delete(workspace, collection.id))
            await until_waiting(library, 2)
        assert await asyncio.gather(collector, end, return_exceptions=True) == [collector.result(), None]


async def until_waiting(library: Library, count: int) -> None:
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


async def test_concurrent_deletion_of_a_collection_and_its_cover(library: Library, workspace: UUID) -> None:
    """Both deletions remove the membership, and do not deadlock."""
    for number in range(15):
        cover = await library.ingest.create_asset(ingest_request(workspace, samples.png(seed=number)))
        album = await library.collections.collections.create(
            workspace, "album", CollectionPatch(cover_file_id=cover.file.id)
        )
        await library.collections.members.add(workspace, album.id, AssetRef(asset_id=cover.id))
        await asyncio.gather(
            library.collections.collections.delete(workspace, album.id),
            library.catalog.assets.delete(workspace, cover.id),
        )


async def test_deleted_cover_is_none(library: Library, workspace: UUID) -> None:
    cover = await library.ingest.create_asset(ingest_request(workspace, samples.png()))
    album = await library.collections.collections.create(
        workspace, "album", CollectionPatch(cover_file_id=cover.file.id)
    )
    await library.catalog.assets.delete(workspace, cover.id)
    assert (await library.collections.collections.get(workspace, album.id)).cover is None
