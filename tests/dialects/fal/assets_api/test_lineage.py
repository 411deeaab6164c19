"""GET /v1/assets/{asset_id}/lineage."""

import hashlib
from base64 import b64encode
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.contracts.dialect import Keyed
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.assets_api.provenance import LINEAGE, lineage, of_kind, register_new
from tests.dialects.fal.endpoints import DELETE_ASSET, auth, check_platform_error

EXTERNAL = "https://elsewhere.example/a%20b.png?x=1"


class TestLineage(Keyed):
    endpoint = LINEAGE


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


@pytest.fixture
def character(stored: StoredData, fresh: Account) -> str:
    id = uuid4()
    stored.database.execute(
        "INSERT INTO collection (id, workspace_id, name, type, identifier)"
        " VALUES (%s, %s, 'The Bear', 'character', 'bear')",
        [id, fresh.workspace_id],
    )
    return str(id)


def expire(stored: StoredData, asset: dict[str, Any]) -> None:
    """Expire the asset's file; garbage collection has not run yet."""
    stored.database.execute(
        "UPDATE file SET expires_at = now() WHERE id = (SELECT file_id FROM asset WHERE id = %s)", [asset["vector_id"]]
    )


def test_graph_has_all_documented_keys(client: httpx.Client, fresh: Account, character: str) -> None:
    source = register_new(client, fresh)
    inputs = [
        {"vector_id": source["vector_id"], "role": "source"},
        {"url": EXTERNAL, "role": "mask"},
        {"character": "@Bear"},
    ]
    image = register_new(client, fresh, request_id="r-1", endpoint="fal-ai/flux", prompt="a bear", inputs=inputs)
    graph = lineage(client, fresh, image["vector_id"])
    assert list(graph) == ["focus", "nodes", "edges"]
    focus, ancestor = of_kind(graph, "asset")
    (request,), (external,), (entity,) = (of_kind(graph, kind) for kind in ("request", "external_input", "entity"))
    assert graph["focus"] == focus["id"]
    assert focus == {
        "kind": "asset",
        "id": focus["id"],
        "output_key": md5(image["url"]),
        "url": image["url"],
        "type": "image",
        "request_id": "r-1",
        "asset_id": image["vector_id"],
        "tombstone": False,
    }
    assert (ancestor["url"], ancestor["request_id"]) == (source["url"], "")
    assert datetime.fromisoformat(request.pop("created_at")).tzinfo
    assert request == {
        "kind": "request",
        "id": request["id"],
        "request_id": "r-1",
        "endpoint": "fal-ai/flux",
        "prompt": "a bear",
    }
    assert external == {
        "kind": "external_input",
        "id": external["id"],
        "output_key": md5(EXTERNAL),
        "url": EXTERNAL,
    }
    assert entity == {
        "kind": "entity",
        "id": entity["id"],
        "entity_id": character,
        "entity_type": "character",
        "name": "The Bear",
        "handle": "bear",
        "tombstone": False,
    }
    assert graph["edges"] == [
        {"from": request["id"], "to": focus["id"], "kind": "generated_by", "role": None},
        {"from": ancestor["id"], "to": request["id"], "kind": "input_to", "role": "source"},
        {"from": external["id"], "to": request["id"], "kind": "input_to", "role": "mask"},
        {"from": entity["id"], "to": request["id"], "kind": "referenced_entity", "role": None},
    ]


def test_asset_without_provenance_is_single_node(client: httpx.Client, fresh: Account) -> None:
    graph = lineage(client, fresh, register_new(client, fresh)["vector_id"])
    assert (len(graph["nodes"]), graph["edges"]) == (1, [])


@pytest.mark.parametrize(
    ("mime", "type"), [("video/mp4", "video"), ("audio/mpeg", "audio"), ("model/gltf-binary", "3d")]
)
def test_node_type_follows_media_kind(client: httpx.Client, fresh: Account, mime: str, type: str) -> None:  # noqa: A002
    (node,) = lineage(client, fresh, register_new(client, fresh, mime)["vector_id"])["nodes"]
    assert node["type"] == type


def test_document_node_has_type_text(client: httpx.Client, fresh: Account) -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": b64encode(samples.pdf()).decode()}
    response = client.post("/api/assets", json={"source": source}, headers=auth(fresh.key))
    (node,) = lineage(client, fresh, response.json()["id"])["nodes"]
    assert node["type"] == "text"


def chain(client: httpx.Client, account: Account, length: int) -> list[dict[str, Any]]:
    """Make assets, each from the one before."""
    assets = [register_new(client, account)]
    for number in range(1, length):
        inputs = [{"vector_id": assets[-1]["vector_id"]}]
        assets.append(register_new(client, account, request_id=f"r-{number}", inputs=inputs))
    return assets


def test_depth_limits_requests_in_both_directions(client: httpx.Client, fresh: Account) -> None:
    assets = chain(client, fresh, 7)

    def reached(asset: dict[str, Any], **query: Any) -> set[str]:
        return {node["asset_id"] for node in of_kind(lineage(client, fresh, asset["vector_id"], **query), "asset")}

    ids = [asset["vector_id"] for asset in assets]
    assert reached(assets[6]) == reached(assets[6], depth=5) == set(ids[1:])
    assert reached(assets[0]) == set(ids[:6])
    assert reached(assets[3], depth=1) == set(ids[2:5])
    assert reached(assets[3]) == set(ids)


@pytest.mark.parametrize("depth", ["0", "6", "abc", "-1", "1.0", "", " 1", "٣", "1" * 5000])
def test_invalid_depth_is_refused(client: httpx.Client, account: Account, depth: str) -> None:
    response = LINEAGE.send(client, account.key, params={"depth": depth})
    assert response.status_code == 422
    check_platform_error(response, "validation_error")


@pytest.mark.parametrize("how", ["deleted", "expired"])
def test_deleted_objects_become_tombstones(
    client: httpx.Client, fresh: Account, stored: StoredData, character: str, how: str
) -> None:
    """A tombstone keeps position, kind and id, and shows nothing else."""
    first = register_new(client, fresh, request_id="r-0", inputs=[{"url": EXTERNAL}])
    inputs = [{"request_id": "r-0"}, {"character": character}]
    second = register_new(client, fresh, request_id="r-1", prompt="a bear", inputs=inputs)
    before = lineage(client, fresh, second["vector_id"])
    if how == "deleted":
        DELETE_ASSET.send(client, fresh.key, path=f"/v1/assets/{first['vector_id']}")
    else:
        expire(stored, first)
    stored.database.execute("DELETE FROM collection WHERE id = %s", [character])
    after = lineage(client, fresh, second["vector_id"])
    assert [node["id"] for node in after["nodes"]] == [node["id"] for node in before["nodes"]]
    assert after["edges"] == before["edges"]
    stone = of_kind(after, "asset")[1]
    assert stone == {
        "kind": "asset",
        "id": of_kind(before, "asset")[1]["id"],
        "output_key": md5(first["vector_id"]),
        "url": None,
        "type": "image",
        "request_id": "r-0",
        "asset_id": None,
        "tombstone": True,
    }
    (entity,) = of_kind(after, "entity")
    assert (entity["name"], entity["handle"], entity["tombstone"]) == (None, None, True)
    assert entity["entity_id"] == character
    assert of_kind(after, "external_input") == of_kind(before, "external_input")
    assert LINEAGE.send(client, fresh.key, path=f"/v1/assets/{first['vector_id']}/lineage").status_code == 404


def test_asset_may_be_its_own_input(client: httpx.Client, fresh: Account) -> None:
    asset = register_new(client, fresh, request_id="r-0")
    body = {"url": asset["url"], "type": "image", "request_id": "r-0", "inputs": [{"vector_id": asset["vector_id"]}]}
    assert client.post("/v1/assets/uploads", json=body, headers=auth(fresh.key)).status_code == 201
    graph = lineage(client, fresh, asset["vector_id"])
    assert len(graph["nodes"]) == 2
    assert {edge["kind"] for edge in graph["edges"]} == {"generated_by", "input_to"}


def test_foreign_and_unknown_ids_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    """Malformed ids look alike, too."""
    id = register_new(client, account)["vector_id"]
    told = []
    for key, asked in ((fresh.key, id), (account.key, str(uuid4())), (account.key, "nonsense")):
        response = LINEAGE.send(client, key, path=f"/v1/assets/{asked}/lineage")
        assert response.status_code == 404
        check_platform_error(response, "not_found")
        told.append(response.json()["error"]["message"].replace(asked, ""))
    assert told[0] == told[1]


def test_same_request_id_is_separate_per_workspace(client: httpx.Client, account: Account, fresh: Account) -> None:
    mine = register_new(client, account, request_id="shared", prompt="mine", inputs=[{"url": EXTERNAL}])
    theirs = register_new(client, fresh, request_id="shared", prompt="theirs")
    (request,) = of_kind(lineage(client, account, mine["vector_id"]), "request")
    assert request["prompt"] == "mine"
    graph = lineage(client, fresh, theirs["vector_id"])
    assert of_kind(graph, "request")[0]["prompt"] == "theirs"
    assert len(graph["nodes"]) == 2
