"""Provenance in the native API: declared on creation, read as a graph."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.contracts.dialect import Endpoint, Keyed, Suite
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.idempotency import new_key
from tests.dialects.native import endpoints
from tests.dialects.native.endpoints import REFUSALS, auth, check_error, create, inline

EXTERNAL = "https://elsewhere.example/a.png"


def _asset(suite: Suite) -> dict[str, Any]:
    return {"path": f"{endpoints.GET.valid(suite)['path']}/lineage"}


class TestLineage(Keyed):
    endpoint = Endpoint(
        name="native-lineage",
        method="GET",
        path=f"/api/assets/{uuid4()}/lineage",
        auth=auth,
        refusals=REFUSALS,
        check_error=check_error,
        valid=_asset,
        scope=Scope.READ,
        refused_as="application/problem+json",
    )


def made(client: httpx.Client, account: Account, **told: Any) -> dict[str, Any]:
    """Create an asset with the given provenance."""
    response = create(client, account.key, inline(samples.png()), provenance=told)
    assert response.status_code == 201, response.text
    asset: dict[str, Any] = response.json()
    return asset


def lineage(client: httpx.Client, account: Account, id: str, query: str = "") -> httpx.Response:
    return client.get(f"/api/assets/{id}/lineage{query}", headers=auth(account.key))


@pytest.fixture
def character(stored: StoredData, fresh: Account) -> str:
    id = uuid4()
    stored.database.execute(
        "INSERT INTO collection (id, workspace_id, name, type, identifier)"
        " VALUES (%s, %s, 'The Bear', 'character', 'bear')",
        [id, fresh.workspace_id],
    )
    return str(id)


def test_graph_is_complete(client: httpx.Client, fresh: Account, character: str) -> None:
    source, gone = made(client, fresh), made(client, fresh, request_id="r-0")
    inputs = [
        {"asset_id": source["id"], "role": "source"},
        {"request_id": "r-0"},
        {"url": EXTERNAL, "role": "control"},
        {"character": "bear"},
    ]
    asset = made(client, fresh, request_id="r-1", endpoint="flux", prompt="a bear", inputs=inputs)
    assert (asset["source"], asset["request_id"], asset["endpoint"], asset["caption"]) == (
        *("response", "r-1", "flux"),
        None,
    )
    client.delete(f"/api/assets/{gone['id']}", headers=auth(fresh.key))
    graph = lineage(client, fresh, asset["id"]).json()
    by_type = {node["type"]: node for node in reversed(graph["nodes"])}
    assert datetime.fromisoformat(by_type["request"].pop("created_at")).tzinfo
    keys = {name: node.pop("key") for name, node in by_type.items() if name != "asset"}
    focus, first, second = (node for node in graph["nodes"] if node["type"] == "asset")
    assert list(graph) == ["focus", "nodes", "edges", "truncated"]
    assert (graph["focus"], graph["truncated"]) == (focus["key"], False)
    assert focus == {
        "key": focus["key"],
        "type": "asset",
        "id": asset["id"],
        "kind": "image",
        "url": asset["url"],
        "request_id": "r-1",
        "deleted": False,
    }
    assert (first["url"], first["request_id"]) == (source["url"], None)
    assert second == {
        "key": second["key"],
        "type": "asset",
        "id": gone["id"],
        "kind": "image",
        "url": None,
        "request_id": "r-0",
        "deleted": True,
    }
    assert by_type["request"] == {"type": "request", "request_id": "r-1", "endpoint": "flux", "prompt": "a bear"}
    assert by_type["url"] == {"type": "url", "url": EXTERNAL}
    assert by_type["character"] == {
        "type": "character",
        "id": character,
        "name": "The Bear",
        "handle": "bear",
        "deleted": False,
    }
    assert graph["edges"][:5] == [
        {"from": keys["request"], "to": focus["key"], "role": None},
        {"from": first["key"], "to": keys["request"], "role": "source"},
        {"from": second["key"], "to": keys["request"], "role": None},
        {"from": keys["url"], "to": keys["request"], "role": "control"},
        {"from": keys["character"], "to": keys["request"], "role": None},
    ]
    assert [edge["to"] for edge in graph["edges"][5:]] == [second["key"]]


def test_graph_includes_derived_assets(client: httpx.Client, fresh: Account) -> None:
    asset = made(client, fresh)
    copy = create(
        client,
        fresh.key,
        {"type": "asset_id", "asset_id": asset["id"]},
        provenance={"request_id": "r", "inputs": [{"asset_id": asset["id"]}]},
    ).json()
    assert [node["id"] for node in lineage(client, fresh, asset["id"]).json()["nodes"] if node["type"] == "asset"] == [
        asset["id"],
        copy["id"],
    ]


@pytest.mark.parametrize("told", [{}, {"origin": "request"}, {"origin": "response"}, {"endpoint": "e"}], ids=str)
def test_declared_origin_becomes_source(client: httpx.Client, fresh: Account, told: dict[str, str]) -> None:
    asset = made(client, fresh, **told)
    assert asset["source"] == told.get("origin", "response" if told else "upload")
    assert asset["endpoint"] == told.get("endpoint")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"source": "upload"}, 422),
        ({"origin": "theft"}, 422),
        ({"request_id": ""}, 422),
        ({"inputs": [{"url": EXTERNAL}]}, 422),
        ({"request_id": "r", "inputs": [{}]}, 422),
        ({"request_id": "r", "inputs": [{"vector_id": "a"}]}, 422),
        ({"request_id": "r", "inputs": [{"url": "ftp://a/"}]}, 422),
        ({"request_id": "r", "inputs": [{"url": EXTERNAL}] * 101}, 422),
        ({"request_id": "r", "inputs": [{"asset_id": "nonsense"}]}, 404),
        ({"request_id": "r", "inputs": [{"asset_id": "0" * 32}]}, 404),
        ({"request_id": "r", "inputs": [{"request_id": "never"}]}, 404),
        ({"request_id": "r", "inputs": [{"character": "@nobody"}]}, 404),
    ],
    ids=lambda value: str(value)[:50],
)
def test_invalid_provenance_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, told: dict[str, Any], status: int
) -> None:
    before = stored.count(account)
    response = create(client, account.key, inline(samples.png()), provenance=told)
    assert response.status_code == status, response.text
    check_error(response)
    stored.expect_counts(account, before)


def test_key_is_refused_for_different_provenance(client: httpx.Client, fresh: Account) -> None:
    key = new_key()

    def send(**told: str) -> httpx.Response:
        body = {"source": inline(samples.png()), "provenance": told}
        return client.post("/api/assets", json=body, headers={**auth(fresh.key), "Idempotency-Key": key})

    first = send(request_id="r")
    assert send(request_id="r").content == first.content
    assert send(request_id="s").status_code == 422


@pytest.mark.parametrize("depth", ["0", "6", "abc"])
def test_invalid_depth_is_refused(client: httpx.Client, account: Account, depth: str) -> None:
    response = lineage(client, account, str(uuid4()), f"?depth={depth}")
    assert response.status_code == 422
    check_error(response)


def test_foreign_and_unknown_assets_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    """Both get the same answer."""
    theirs = lineage(client, fresh, made(client, account)["id"])
    none = lineage(client, fresh, str(uuid4()))
    assert (theirs.status_code, theirs.json()["detail"]) == (none.status_code, none.json()["detail"])
    assert theirs.status_code == 404
