"""Lineage against a model, after any sequence of registrations and deletions."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.blobs import Disk
from mediatheque.errors import AssetNotFound, NotFound
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import (
    Asset,
    AssetNode,
    AssetRef,
    CharacterNode,
    Input,
    Lineage,
    Origin,
    Provenance,
    RequestNode,
    Role,
    Scope,
    UrlNode,
)
from mediatheque.records.database import Database, DatabaseConfig
from tests import samples
from tests.library.ingest_requests import ingest_request
from tests.library.lineage.expected_graph import Edge, GivenInput, Model, Registration
from tests.rounds import examples

ASSETS, REQUESTS, CHARACTERS = 4, 3, 2
URLS = ("https://example.com/a.png", "http://example.com/b.png?x=1")

numbers = st.integers(0, ASSETS - 1)
roles = st.none() | st.sampled_from(Role)
assets = st.builds(GivenInput, asset=numbers, role=roles)
inputs = st.one_of(
    assets,
    assets,
    assets,
    st.builds(GivenInput, request=st.integers(0, REQUESTS - 1), role=roles),
    st.builds(GivenInput, url=st.sampled_from(URLS), role=roles),
    st.builds(GivenInput, character=st.sampled_from([0, 0, 1, 1, CHARACTERS]), role=roles),
)
registrations = st.builds(
    Registration,
    asset=numbers,
    request=st.integers(0, REQUESTS - 1),
    declared_source=st.sampled_from([None, None, None, *Origin]),
    inputs=st.lists(inputs, min_size=1, max_size=4).map(tuple) | st.just(()),
)
ends = st.dictionaries(numbers, st.sampled_from(["deleted", "expired", "swept"]), max_size=ASSETS - 1)


class Workspace(msgspec.Struct):
    """A new workspace with its assets and characters, by number."""

    library: Library
    workspace_id: UUID
    assets: list[Asset]
    characters: list[UUID]

    async def register(self, said: Registration) -> bool:
        provenance = Provenance(
            request_id=f"request {said.request}",
            declared_source=said.declared_source,
            inputs=tuple(self._input(each) for each in said.inputs),
        )
        try:
            await self.library.catalog.files.register(self.assets[said.asset].file, AssetFields(provenance=provenance))
        except NotFound:
            return False
        return True

    def _input(self, given: GivenInput) -> Input:
        if given.asset is not None:
            return Input(asset=AssetRef(asset_id=self.assets[given.asset].id), role=given.role)
        if given.request is not None:
            return Input(asset=AssetRef(request_id=f"request {given.request}"), role=given.role)
        return Input(url=given.url, character=None if given.url else f"@HANDLE-{given.character}", role=given.role)

    async def remove(self, asset: Asset, how: str) -> None:
        if how == "deleted":
            await self.library.catalog.assets.delete(self.workspace_id, asset.id)
            return
        async with self.library.database.connection() as conn:
            await conn.execute("UPDATE file SET expires_at = now() WHERE id = %s", (asset.file.id,))
        if how == "swept":
            await self.library.maintenance.garbage.run()

    async def delete_character(self) -> None:
        async with self.library.database.connection() as conn:
            await conn.execute("DELETE FROM collection WHERE id = %s", (self.characters[0],))

    def named(self, lineage: Lineage) -> dict[str, str]:
        """Return the model's names of the nodes, by node key."""
        numbers = {asset.id: f"asset {number}" for number, asset in enumerate(self.assets)}
        people = {id: f"character {number}" for number, id in enumerate(self.characters)}
        names = {}
        for node in lineage.nodes:
            match node:
                case AssetNode():
                    names[node.key] = numbers[node.id]
                case CharacterNode():
                    names[node.key] = people[node.id]
                case RequestNode():
                    names[node.key] = node.request_id
                case UrlNode():
                    names[node.key] = f"url {node.url}"
        assert len(set(names.values())) == len(lineage.nodes)
        return names


async def new_workspace(library: Library) -> Workspace:
    key = await library.accounts.create_key(uuid4().hex, frozenset(Scope))
    workspace_id = (await library.accounts.authenticate(key)).workspace_id
    first = await library.ingest.create_asset(ingest_request(workspace_id, samples.png()))
    assets = [first, *[await library.catalog.files.copy(first.file, AssetFields()) for _ in range(ASSETS - 1)]]
    characters = [uuid4() for _ in range(CHARACTERS)]
    async with library.database.connection() as conn:
        for number, id in enumerate(characters):
            await conn.execute(
                "INSERT INTO collection (id, workspace_id, name, type, identifier)"
                " VALUES (%s, %s, 'x', 'character', %s)",
                (id, workspace_id, f"handle-{number}"),
            )
    return Workspace(library, workspace_id, assets, characters)


async def check(library: Library, said: list[Registration], ended: dict[int, str], forgotten: bool) -> None:
    there, model = await new_workspace(library), Model()
    for each in said:
        assert await there.register(each) == model.register(each, there.characters), each
    for number, how in ended.items():
        await there.remove(there.assets[number], how)
    if forgotten:
        await there.delete_character()
    for number, asset in enumerate(there.assets):
        if number in ended:
            with pytest.raises(AssetNotFound):
                await library.lineage.get(there.workspace_id, asset.id)
            continue
        for depth in range(1, 6):
            lineage = await library.lineage.get(there.workspace_id, asset.id, depth)
            _compare(there, model, lineage, model.edges(number, depth), number)
            _check_nodes(model, lineage, there.named(lineage), ended, forgotten)


def _compare(there: Workspace, model: Model, lineage: Lineage, edges: set[Edge], focus: int) -> None:
    names = there.named(lineage)
    seen = [(names[edge.start], names[edge.end], edge.role) for edge in lineage.edges]
    assert len(seen) == len(set(seen))
    assert set(seen) == edges
    assert all(edge.output == names[edge.start].startswith("request") for edge in lineage.edges)
    assert set(names.values()) == {f"asset {focus}", *(name for start, end, _ in edges for name in (start, end))}
    assert (names[lineage.focus], lineage.nodes[0].key, lineage.truncated) == (f"asset {focus}", lineage.focus, False)


def _check_nodes(model: Model, lineage: Lineage, names: dict[str, str], ended: dict[int, str], forgotten: bool) -> None:
    for node in lineage.nodes:
        number = names[node.key].rpartition(" ")[2]
        if isinstance(node, AssetNode):
            made = model.makers.get(int(number))
            assert node.request_id == (None if made is None else f"request {made}")
            assert (node.file_id is None) == (not node.file_name) == (int(number) in ended)
        elif isinstance(node, CharacterNode):
            gone = forgotten and number == "0"
            assert (node.name, node.handle) == ((None, None) if gone else ("x", f"handle-{number}"))


@pytest.fixture
def running(database_url: str, sandbox: Sandbox) -> Iterator[tuple[asyncio.Runner, Library]]:
    with asyncio.Runner() as runner, tempfile.TemporaryDirectory(prefix="lineage-") as folder:
        database = Database(DatabaseConfig(url=database_url, pool_min=1))
        runner.run(database.open())
        yield runner, Library(database, Disk(Path(folder)), sandbox)
        runner.run(database.close())


@pytest.mark.timeout(600)  # hypothesis shortens what it found; without a finding it takes seconds
@pytest.mark.sampled
def test_graph_matches_the_model(running: tuple[asyncio.Runner, Library]) -> None:
    runner, library = running

    @settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(said=st.lists(registrations, min_size=2, max_size=8), ended=ends, forgotten=st.booleans())
    def examine(said: list[Registration], ended: dict[int, str], forgotten: bool) -> None:
        runner.run(check(library, said, ended, forgotten))

    examine()
