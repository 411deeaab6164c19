"""Provenance, which is filled in and never overwritten, and the bounds of graphs."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from mediatheque.errors import AssetNotFound, Invalid, NotFound
from mediatheque.library import Library
from mediatheque.library.catalog.assets import DeletedAsset
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.policy import MIB
from mediatheque.library.ingest.sources import RemoteContent
from mediatheque.library.lineage import graph
from mediatheque.model import Asset, AssetRef, Input, Kind, Lineage, Origin, Provenance, RequestNode, Role, Scope
from tests import samples
from tests.library.ingest_requests import Content, ingest_request


@pytest.fixture
async def workspace(library: Library) -> UUID:
    return await new_workspace(library)


@pytest.fixture
async def asset(library: Library, workspace: UUID) -> Asset:
    return await library.ingest.create_asset(ingest_request(workspace, samples.png()))


async def new_workspace(library: Library) -> UUID:
    key = await library.accounts.create_key(uuid4().hex, frozenset(Scope))
    return (await library.accounts.authenticate(key)).workspace_id


async def again(library: Library, asset: Asset, **said: Any) -> Asset:
    return await library.catalog.files.register(asset.file, AssetFields(provenance=Provenance(**said)))


async def copy(library: Library, asset: Asset, **said: Any) -> Asset:
    return await library.catalog.files.copy(asset.file, AssetFields(provenance=Provenance(**said)))


def provenance_of(asset: Asset) -> tuple[str, str | None, str | None]:
    return asset.source, asset.request_id, asset.endpoint


def request_of(lineage: Lineage) -> RequestNode:
    (node,) = (node for node in lineage.nodes if isinstance(node, RequestNode))
    return node


async def rows(library: Library) -> dict[str, int]:
    async with library.database.connection() as conn:
        counts = {}
        for table in ("asset", "generation", "generation_input", "generation_output"):
            cursor = await conn.execute(f"SELECT count(*) AS n FROM {table}".encode())
            row = await cursor.fetchone()
            counts[table] = row["n"] if row else 0
    return counts


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ("upload", None, None)),
        ({"prompt": "a bear"}, ("upload", None, None)),
        ({"request_id": "r"}, ("response", "r", None)),
        ({"endpoint": "e"}, ("response", None, "e")),
        ({"request_id": "r", "endpoint": "e"}, ("response", "r", "e")),
        ({"request_id": "r", "declared_source": Origin.UPLOAD}, ("upload", "r", None)),
        ({"declared_source": Origin.RESPONSE}, ("response", None, None)),
        ({"request_id": "r", "endpoint": "e", "declared_source": Origin.REQUEST}, ("request", None, None)),
    ],
    ids=str,
)
async def test_provenance_of_an_asset(
    library: Library, asset: Asset, said: dict[str, Any], expected: tuple[str, str | None, str | None]
) -> None:
    """A new asset and an existing upload get the same provenance."""
    made = await copy(library, asset, **said)
    assert provenance_of(made) == expected
    assert await library.catalog.assets.get(asset.workspace_id, made.id) == made
    assert provenance_of(await again(library, asset, **said)) == expected
    assert provenance_of(await library.catalog.assets.get(asset.workspace_id, asset.id)) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"request_id": "r"}, {"request_id": "other", "endpoint": "e"}, ("response", "r", None)),
        ({"request_id": "r"}, {"request_id": "r", "endpoint": "e"}, ("response", "r", "e")),
        ({"request_id": "r"}, {"endpoint": "e"}, ("response", "r", "e")),
        ({"endpoint": "e"}, {"request_id": "r", "endpoint": "other"}, ("response", "r", "e")),
        ({"request_id": "r", "endpoint": "e"}, {}, ("response", "r", "e")),
        (
            {"request_id": "r", "declared_source": Origin.UPLOAD},
            {"declared_source": Origin.RESPONSE},
            ("upload", "r", None),
        ),
        ({"declared_source": Origin.REQUEST}, {"request_id": "r"}, ("response", "r", None)),
        ({"declared_source": Origin.REQUEST}, {"declared_source": Origin.UPLOAD}, ("request", None, None)),
        ({"request_id": "r"}, {"request_id": "s", "declared_source": Origin.REQUEST}, ("response", "r", None)),
    ],
    ids=str,
)
async def test_known_provenance_is_not_overwritten(
    library: Library,
    asset: Asset,
    first: dict[str, Any],
    second: dict[str, Any],
    expected: tuple[str, str | None, str | None],
) -> None:
    await again(library, asset, **first)
    assert provenance_of(await again(library, asset, **second)) == expected


async def test_second_request_is_not_recorded(library: Library, asset: Asset) -> None:
    await again(library, asset, request_id="r")
    before = await rows(library)
    await again(library, asset, request_id="other", inputs=(Input(url="https://example.com/a.png"),))
    assert await rows(library) == before


async def test_missing_details_of_a_request_are_filled_in(library: Library, asset: Asset) -> None:
    url, other = Input(url="https://example.com/a.png", role=Role.MASK), Input(url="https://example.com/b.png")
    first = await copy(library, asset, request_id="r", inputs=(url,))
    second = await copy(library, asset, request_id="r", endpoint="e", prompt="p", inputs=(url, other, other))
    third = await copy(library, asset, request_id="r", endpoint="late", prompt="late")
    for each in (first, second, third):
        lineage = await library.lineage.get(asset.workspace_id, each.id)
        node = request_of(lineage)
        assert (node.request_id, node.endpoint, node.prompt) == ("r", "e", "p")
        assert [edge.role for edge in lineage.edges if not edge.output] == [Role.MASK, None]
    assert await rows(library) == {"asset": 4, "generation": 1, "generation_input": 2, "generation_output": 3}


async def test_same_input_in_another_role_is_another_input(library: Library, asset: Asset) -> None:
    named = AssetRef(asset_id=asset.id)
    made = await copy(library, asset, request_id="r", inputs=tuple(Input(asset=named, role=role) for role in Role))
    lineage = await library.lineage.get(asset.workspace_id, made.id)
    assert [edge.role for edge in lineage.edges if not edge.output] == list(Role)
    assert len(lineage.nodes) == 3


async def test_concurrent_registrations_of_one_request(library: Library, asset: Asset) -> None:
    """Registrations of new assets and of one that is deleted meanwhile do not deadlock."""
    for number in range(10):
        here = await copy(library, asset)
        said = {"request_id": f"r{number}", "inputs": (Input(asset=AssetRef(asset_id=asset.id)),)}
        done = await asyncio.gather(
            copy(library, asset, **said, endpoint="e"),
            again(library, here, **said),
            copy(library, asset, **said, prompt="p"),
            again(library, here, **said),
            again(library, asset, request_id="first", inputs=(Input(asset=AssetRef(asset_id=asset.id)),)),
            library.catalog.assets.delete(asset.workspace_id, here.id),
            return_exceptions=True,
        )
        assert all(isinstance(each, Asset | DeletedAsset | NotFound) for each in done), done
        assert isinstance(done[0], Asset)
        assert isinstance(done[2], Asset)
        lineage = await library.lineage.get(asset.workspace_id, done[2].id)
        node = next(node for node in lineage.nodes if isinstance(node, RequestNode))
        assert (node.request_id, node.endpoint, node.prompt) == (f"r{number}", "e", "p")


@pytest.mark.parametrize(
    "unknown",
    [
        Input(asset=AssetRef(asset_id=UUID(int=7))),
        Input(asset=AssetRef(request_id="never")),
        Input(character="nobody"),
        Input(character=str(UUID(int=7))),
    ],
    ids=str,
)
async def test_unknown_input_changes_nothing(library: Library, asset: Asset, unknown: Input) -> None:
    before = await rows(library)
    known = Input(asset=AssetRef(asset_id=asset.id))
    with pytest.raises(NotFound):
        await copy(library, asset, request_id="r", endpoint="e", inputs=(known, unknown))
    with pytest.raises(NotFound):
        await again(library, asset, request_id="r", endpoint="e", inputs=(known, unknown))
    assert await rows(library) == before
    assert provenance_of(await library.catalog.assets.get(asset.workspace_id, asset.id)) == ("upload", None, None)


async def test_deleted_asset_is_not_found_as_input(library: Library, asset: Asset) -> None:
    await again(library, asset, request_id="r")
    other = await copy(library, asset)
    await library.catalog.assets.delete(asset.workspace_id, asset.id)
    for named in (AssetRef(asset_id=asset.id), AssetRef(request_id="r")):
        with pytest.raises(AssetNotFound):
            await again(library, other, request_id="s", inputs=(Input(asset=named),))


async def test_inputs_without_a_request() -> None:
    with pytest.raises(Invalid, match="request_id"):
        AssetFields(provenance=Provenance(inputs=(Input(url="https://example.com/"),)))


async def test_url_that_an_asset_was_imported_from_is_the_asset(library: Library, workspace: UUID) -> None:
    source = RemoteContent("https://example.com/%61.png", Content(samples.png()), MIB)
    asset = await library.importer.import_asset(workspace, source, AssetFields())
    inputs = (Input(url="https://example.com/a.png"), Input(url="https://example.com/b.png"))
    made = await copy(library, asset, request_id="r", inputs=inputs)
    kinds = sorted(edge.start.partition(":")[0] for edge in (await library.lineage.get(workspace, made.id)).edges)
    assert kinds == ["asset", "request", "url"]


async def test_url_of_a_file_with_an_asset_is_the_asset(library: Library, asset: Asset) -> None:
    bare = await library.ingest.create_asset(ingest_request(asset.workspace_id, samples.jpeg()))
    named = [Input(url=f"http://here/{each.id}", file_id=each.file.id) for each in (asset, bare)]
    await library.catalog.assets.delete(asset.workspace_id, bare.id)
    made = await copy(library, asset, request_id="r", inputs=tuple(named))
    lineage = await library.lineage.get(asset.workspace_id, made.id)
    inputs = [edge.start for edge in lineage.edges if not edge.output]
    assert inputs[0] == f"asset:{asset.id}"
    assert inputs[1].startswith("url:")


async def test_workspaces_are_isolated(library: Library, asset: Asset) -> None:
    """Two workspaces have the same request id and content. Inputs of one are unknown in the other."""
    other = await library.ingest.create_asset(ingest_request(await new_workspace(library), samples.png()))
    await again(library, asset, request_id="r", endpoint="mine", inputs=(Input(url="https://example.com/mine"),))
    await again(library, other, request_id="r", endpoint="theirs")
    assert request_of(await library.lineage.get(asset.workspace_id, asset.id)).endpoint == "mine"
    lineage = await library.lineage.get(other.workspace_id, other.id)
    assert request_of(lineage).endpoint == "theirs"
    assert len(lineage.nodes) == 2
    with pytest.raises(AssetNotFound):
        await library.lineage.get(other.workspace_id, asset.id)
    for named in (Input(asset=AssetRef(asset_id=asset.id)), Input(asset=AssetRef(request_id="s"))):
        await again(library, await copy(library, asset), request_id="s")
        with pytest.raises(AssetNotFound):
            await again(library, other, request_id="r", inputs=(named,))
    made = await again(library, other, request_id="r", inputs=(Input(url="http://x/", file_id=asset.file.id),))
    assert any(edge.start.startswith("url:") for edge in (await library.lineage.get(other.workspace_id, made.id)).edges)


async def test_graph_is_bounded(library: Library, asset: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MAX_NODES", 10)
    inputs = tuple(Input(url=f"https://example.com/{n}") for n in range(9))
    made = await copy(library, asset, request_id="r", inputs=inputs[:8])
    full = await library.lineage.get(asset.workspace_id, made.id)
    assert (len(full.nodes), full.truncated) == (10, False)
    await again(library, made, request_id="r", inputs=inputs)
    fuller = await library.lineage.get(asset.workspace_id, made.id)
    assert (fuller.nodes, fuller.edges, fuller.truncated) == (full.nodes, full.edges, True)


async def test_edges_are_bounded(library: Library, asset: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MAX_EDGES", 5)
    roles = [None, *Role]
    named = AssetRef(asset_id=asset.id)
    made = await copy(library, asset, request_id="r", inputs=tuple(Input(asset=named, role=role) for role in roles))
    lineage = await library.lineage.get(asset.workspace_id, made.id)
    assert (len(lineage.edges), lineage.truncated) == (5, True)


async def test_input_of_many_requests(library: Library, asset: Asset) -> None:
    """An input of three thousand requests: the graph has a thousand nodes, the latest requests first."""
    async with library.database.connection() as conn:
        await conn.execute(
            "INSERT INTO generation (workspace_id, request_id) SELECT %s, 'r' || n FROM generate_series(1, 3000) n",
            (asset.workspace_id,),
        )
        await conn.execute(
            "INSERT INTO generation_input (workspace_id, request_id, asset_id, kind)"
            " SELECT %s, 'r' || n, %s, %s FROM generate_series(1, 3000) n",
            (asset.workspace_id, asset.id, Kind.IMAGE),
        )
    lineage = await library.lineage.get(asset.workspace_id, asset.id)
    assert (len(lineage.nodes), lineage.truncated) == (graph.MAX_NODES, True)
    assert lineage.nodes[1].key == "request:r3000"
