"""Folders against a model, and concurrent changes of folders."""

import asyncio
import random
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.errors import FolderNotFound
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.model import Asset, Filter, FolderFilter, Scope
from tests import samples
from tests.library.ingest_requests import ingest_request
from tests.rounds import examples, rounds


class Node(msgspec.Struct):
    """A folder in the model. `trashed` is the number of the move that trashed it."""

    parent: int | None
    trashed: int | None = None


class Model:
    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def below(self, number: int) -> list[int]:
        direct = [n for n, node in enumerate(self.nodes) if node.parent == number]
        return [number, *(each for n in direct for each in self.below(n))]

    def trash(self, number: int, move: int) -> None:
        if self.nodes[number].trashed is None:
            for n in self.below(number):
                if self.nodes[n].trashed is None:
                    self.nodes[n].trashed = move

    def restore(self, number: int) -> None:
        node = self.nodes[number]
        move = node.trashed
        if move is None:
            return
        if node.parent is not None and self.nodes[node.parent].trashed is not None:
            node.parent = None
        for n in self.below(number):
            if self.nodes[n].trashed == move:
                self.nodes[n].trashed = None


# A tree: the number of each folder's parent, which comes before it; any other number means the root.
Trees = st.lists(st.integers(0, 5), min_size=2, max_size=6)
Moves = st.lists(st.tuples(st.sampled_from(["trash", "trash", "restore", "create"]), st.integers(0, 5)), max_size=10)


async def parents_by_id(library: Library, workspace: UUID, *, trashed: bool = False) -> dict[UUID, UUID | None]:
    """Return the parent of every folder in the trash, or of every folder outside it."""
    found, _ = await library.catalog.folders.page(workspace, FolderFilter(trashed=trashed), None, 1000)
    return {folder.id: folder.parent_id for folder in found}


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=Trees, moves=Moves)
@pytest.mark.sampled
async def test_folders_match_the_model(library: Library, tree: list[int], moves: list[tuple[str, int]]) -> None:
    key = await library.accounts.create_key(uuid4().hex, frozenset(Scope))
    workspace = (await library.accounts.authenticate(key)).workspace_id
    model, ids = Model(), list[UUID]()

    async def create(parent: int | None) -> None:
        above = None if parent is None else ids[parent]
        ids.append((await library.catalog.folders.create(workspace, "a", "mixed", above)).id)
        model.nodes.append(Node(parent))

    for number in tree:
        await create(number if number < len(ids) else None)
    for move, (verb, number) in enumerate(moves):
        chosen = number % len(ids)
        if verb == "trash":
            assert (await library.catalog.folders.trash(workspace, ids[chosen])).trashed_at
            model.trash(chosen, move)
        elif verb == "restore":
            assert not (await library.catalog.folders.restore(workspace, ids[chosen])).trashed_at
            model.restore(chosen)
        elif model.nodes[chosen].trashed is None:
            await create(chosen)
        else:
            with pytest.raises(FolderNotFound):
                await library.catalog.folders.create(workspace, "a", "mixed", ids[chosen])
    for trashed in (False, True):
        expected = {
            ids[n]: None if node.parent is None else ids[node.parent]
            for n, node in enumerate(model.nodes)
            if (node.trashed is not None) is trashed
        }
        assert await parents_by_id(library, workspace, trashed=trashed) == expected


@pytest.mark.sampled
async def test_concurrent_changes_leave_no_live_folder_in_a_trashed_one(library: Library, workspace: UUID) -> None:
    """Eight concurrent callers, none of which gets `DatabaseUnavailable`."""
    chance = random.Random(4711)
    root = await library.catalog.folders.create(workspace, "root", "mixed", None)
    known = [root.id]

    async def act() -> None:
        id = chance.choice(known)
        verb = chance.choice(["create", "create", "trash", "restore"])
        if verb == "create":
            try:
                known.append((await library.catalog.folders.create(workspace, "a", "mixed", id)).id)
            except FolderNotFound:
                return
        else:
            await (library.catalog.folders.trash if verb == "trash" else library.catalog.folders.restore)(workspace, id)

    for _ in range(rounds(25)):
        await asyncio.gather(*(act() for _ in range(8)))
        live, trashed = await parents_by_id(library, workspace), await parents_by_id(library, workspace, trashed=True)
        assert live.keys() | trashed.keys() == set(known)
        assert not {parent for parent in live.values() if parent} & trashed.keys()


async def test_deep_tree(library: Library, workspace: UUID) -> None:
    parent = None
    for _ in range(300):
        parent = (await library.catalog.folders.create(workspace, "a", "mixed", parent)).id
    top = next(id for id, above in (await parents_by_id(library, workspace)).items() if above is None)
    await library.catalog.folders.trash(workspace, top)
    assert await parents_by_id(library, workspace) == {}
    await library.catalog.folders.restore(workspace, top)
    assert len(await parents_by_id(library, workspace)) == 300


async def test_upload_into_a_folder_that_is_trashed_meanwhile(library: Library, workspace: UUID) -> None:
    """The folder was live when the upload began: the stored bytes are deleted."""
    folder = await library.catalog.folders.create(workspace, "a", "mixed", None)

    async def trashed_meanwhile(_: object) -> None:
        await library.catalog.folders.trash(workspace, folder.id)

    steps = list(library.ingest.steps)
    steps.insert(steps.index(library.ingest.record), trashed_meanwhile)
    library.ingest.steps = tuple(steps)
    with pytest.raises(FolderNotFound):
        await library.ingest.create_asset(
            ingest_request(workspace, samples.png(), details=AssetFields(folder_id=folder.id))
        )
    assert await library.catalog.assets.count(workspace, Filter()) == 0
    assert not [stored async for stored in library.store.list_objects()]


async def test_uploads_while_the_folder_is_trashed(library: Library, workspace: UUID) -> None:
    """Each upload is in the folder or refused, and the folder's count agrees."""
    folder = await library.catalog.folders.create(workspace, "a", "mixed", None)
    uploads = (
        library.ingest.create_asset(ingest_request(workspace, samples.png(), details=AssetFields(folder_id=folder.id)))
        for _ in range(8)
    )
    done = await asyncio.gather(*uploads, library.catalog.folders.trash(workspace, folder.id), return_exceptions=True)
    taken = [each for each in done[:-1] if isinstance(each, Asset)]
    assert all(isinstance(each, Asset | FolderNotFound) for each in done[:-1])
    assert (await library.catalog.folders.get(workspace, folder.id)).children == len(taken)
    assert await library.catalog.assets.count(workspace, Filter(folder_id=folder.id)) == len(taken)


async def test_folders_of_another_workspace_look_unknown(library: Library, workspace: UUID) -> None:
    key = await library.accounts.create_key("two", frozenset(Scope))
    other = (await library.accounts.authenticate(key)).workspace_id
    folder = await library.catalog.folders.create(other, "theirs", "mixed", None)
    for verb in (
        library.catalog.folders.get,
        library.catalog.folders.require,
        library.catalog.folders.trash,
        library.catalog.folders.restore,
    ):
        with pytest.raises(FolderNotFound):
            await verb(workspace, folder.id)
    with pytest.raises(FolderNotFound):
        await library.catalog.folders.rename(workspace, folder.id, "mine")
    with pytest.raises(FolderNotFound):
        await library.catalog.folders.create(workspace, "mine", "mixed", folder.id)
    with pytest.raises(FolderNotFound):
        await library.ingest.create_asset(
            ingest_request(workspace, samples.png(), details=AssetFields(folder_id=folder.id))
        )
    assert await library.catalog.folders.get(other, folder.id) == folder
    assert await parents_by_id(library, workspace) == {}
