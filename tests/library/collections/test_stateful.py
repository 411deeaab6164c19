"""Tags, collections, favourites and deletions in any order, in two workspaces, against a model in plain Python.

After every move both workspaces are as their models: whatever happens in one leaves the other alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mediatheque.blobs import Disk
from mediatheque.errors import LibraryError
from mediatheque.library import Library
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import AssetRef, Collection, CollectionType
from mediatheque.records.database import Database, DatabaseConfig
from tests.library.collections.model import ModelAsset, ModelCollection, WorkspaceModel
from tests.library.collections.model_check import compare
from tests.library.collections.seed import new_asset, new_workspace
from tests.rounds import examples

PICTURES = {"field": "type", "op": "eq", "value": "image"}
sides = st.booleans()
numbers = st.integers(0, 63)
names = st.sampled_from(["a", "A", "b", "caf\u00e9", "CAFE\u0301", "c"])


class WorkspaceMachine(RuleBasedStateMachine):
    """Operations on two workspaces beside their models.

    A number picks an existing object; one in eight picks a deleted one or one of the other workspace.
    """

    def __init__(self, runner: asyncio.Runner, library: Library) -> None:
        super().__init__()
        self._run, self.library = runner.run, library
        self.workspaces = [self._run(new_workspace(library)) for _ in range(2)]
        self.models = [WorkspaceModel(), WorkspaceModel()]
        self.ever: dict[str, list[UUID]] = {"assets": [], "tags": [], "collections": []}

    @initialize()
    def begin(self) -> None:
        for side in (False, True):
            self.add_asset(side)
            self.create_tag(side, "b")
            self.create_collection(side, 0, top=True, smart=False)

    @rule(side=sides)
    def add_asset(self, side: bool) -> None:
        id = self._run(new_asset(self.library, self.workspaces[side]))
        self.models[side].assets[id] = ModelAsset(set(), set())
        self.ever["assets"].append(id)

    @rule(side=sides, number=numbers)
    def delete_asset(self, side: bool, number: int) -> None:
        model, id = self.models[side], self._pick(side, "assets", number)
        self._both(lambda: model.asset(id), self.library.catalog.assets.delete(self.workspaces[side], id))
        model.assets.pop(id, None)

    @rule(side=sides, number=numbers, favorite=st.booleans())
    def mark(self, side: bool, number: int, favorite: bool) -> None:
        model, id = self.models[side], self._pick(side, "assets", number)
        work = self.library.catalog.assets.set_favorite(self.workspaces[side], AssetRef(asset_id=id), favorite)
        if self._both(lambda: model.asset(id), work) is not None:
            model.asset(id).favorite = favorite

    @rule(side=sides, name=names)
    def create_tag(self, side: bool, name: str) -> None:
        model = self.models[side]
        tag = self._both(
            lambda: model.require_free_name(name), self.library.catalog.tags.create(self.workspaces[side], name)
        )
        if tag:
            model.tags[tag.id] = name
            self.ever["tags"].append(tag.id)

    @rule(side=sides, number=numbers, name=names)
    def rename_tag(self, side: bool, number: int, name: str) -> None:
        model, id = self.models[side], self._pick(side, "tags", number)

        def expected() -> None:
            model.require_tags(id)
            model.require_free_name(name, but=id)

        if self._both(expected, self.library.catalog.tags.rename(self.workspaces[side], id, name)):
            model.tags[id] = name

    @rule(side=sides, number=numbers)
    def delete_tag(self, side: bool, number: int) -> None:
        id = self._pick(side, "tags", number)
        self._both(
            lambda: self.models[side].delete_tag(id), self.library.catalog.tags.delete(self.workspaces[side], id)
        )

    @rule(side=sides, asset=numbers, tag=numbers, there=st.booleans())
    def assign_tag(self, side: bool, asset: int, tag: int, there: bool) -> None:
        asset_id, tag_id = self._pick(side, "assets", asset), self._pick(side, "tags", tag)
        verb = self.library.catalog.asset_tags.assign if there else self.library.catalog.asset_tags.unassign
        work = verb(self.workspaces[side], tag_id, AssetRef(asset_id=asset_id))
        self._both(lambda: self.models[side].assign(asset_id, tag_id, there=there), work)

    @rule(side=sides, asset=numbers, tags=st.lists(numbers, max_size=4))
    def replace_tags(self, side: bool, asset: int, tags: list[int]) -> None:
        asset_id, tag_ids = self._pick(side, "assets", asset), [self._pick(side, "tags", tag) for tag in tags]
        work = self.library.catalog.asset_tags.replace(self.workspaces[side], AssetRef(asset_id=asset_id), tag_ids)
        self._both(lambda: self.models[side].replace(asset_id, set(tag_ids)), work)

    @rule(side=sides, number=numbers, top=st.booleans(), smart=st.booleans())
    def create_collection(self, side: bool, number: int, top: bool, smart: bool) -> None:
        model, parent = self.models[side], None if top or smart else self._pick(side, "collections", number)
        changes = CollectionPatch(filters=PICTURES) if smart else CollectionPatch()
        work = self.library.collections.collections.create(self.workspaces[side], "a", changes, parent_id=parent)
        made: Collection | None = self._both(lambda: model.require_depth(parent), work)
        if made:
            model.collections[made.id] = ModelCollection(
                CollectionType.SMART if smart else CollectionType.MANUAL, parent
            )
            self.ever["collections"].append(made.id)

    @rule(side=sides, number=numbers, parent=numbers, top=st.booleans())
    def move_collection(self, side: bool, number: int, parent: int, top: bool) -> None:
        id, parent_id = self._pick(side, "collections", number), self._pick(side, "collections", parent)
        target = None if top else parent_id
        work = self.library.collections.tree.move(self.workspaces[side], id, target)
        self._both(lambda: self.models[side].move(id, target), work)

    @rule(side=sides, number=numbers)
    def delete_collection(self, side: bool, number: int) -> None:
        id = self._pick(side, "collections", number)
        work = self.library.collections.collections.delete(self.workspaces[side], id)
        self._both(lambda: self.models[side].delete_collection(id), work)

    @rule(side=sides, number=numbers, favorite=st.booleans())
    def favorite_collection(self, side: bool, number: int, favorite: bool) -> None:
        model, id = self.models[side], self._pick(side, "collections", number)
        if self._both(
            lambda: model.collection(id),
            self.library.collections.collections.set_favorite(self.workspaces[side], id, favorite),
        ):
            model.collection(id).favorite = favorite

    @rule(side=sides, asset=numbers, collection=numbers, there=st.booleans())
    def put_into_collection(self, side: bool, asset: int, collection: int, there: bool) -> None:
        asset_id, id = self._pick(side, "assets", asset), self._pick(side, "collections", collection)
        verb = self.library.collections.members.add if there else self.library.collections.members.remove
        work = verb(self.workspaces[side], id, AssetRef(asset_id=asset_id))
        self._both(lambda: self.models[side].set_member(asset_id, id, there=there), work)

    @invariant()
    def library_matches_the_models(self) -> None:
        for workspace, model in zip(self.workspaces, self.models, strict=True):
            self._run(compare(self.library, workspace, model))

    def _pick(self, side: bool, noun: str, number: int) -> UUID:
        own = list(getattr(self.models[side], noun))
        others = [id for id in self.ever[noun] if id not in own] or [uuid4()]
        chosen = own if own and number % 8 else others
        return chosen[number // 8 % len(chosen)]

    def _both(self, expected: Callable[[], Any], work: Awaitable[Any]) -> Any:
        """Run the operation. Return its result, or None when library and model raise the same error."""
        refusal = _refusal(expected)
        if refusal is None:
            return self._run(work)
        with pytest.raises(refusal) as raised:
            self._run(work)
        assert raised.type is refusal
        return None


def _refusal(expected: Callable[[], Any]) -> type[LibraryError] | None:
    try:
        expected()
    except LibraryError as error:
        return type(error)
    return None


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def open_library(runner: asyncio.Runner, database_url: str, tmp_path: Path, sandbox: Sandbox) -> Iterator[Library]:
    database = Database(DatabaseConfig(url=database_url))
    runner.run(database.open())
    yield Library(database, Disk(tmp_path / "blobs"), sandbox)
    runner.run(database.close())


@pytest.mark.timeout(600)  # hypothesis shortens what it found; without a finding it takes seconds
@pytest.mark.sampled
def test_operations_match_the_models(runner: asyncio.Runner, open_library: Library) -> None:
    run_state_machine_as_test(
        lambda: WorkspaceMachine(runner, open_library),
        settings=settings(
            max_examples=examples(15),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
