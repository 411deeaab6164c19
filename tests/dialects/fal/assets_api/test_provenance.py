"""POST /v1/assets/uploads with our provenance fields."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.assets_api.provenance import lineage, of_kind, register_new
from tests.dialects.fal.endpoints import REGISTER, auth, check_platform_error
from tests.dialects.fal.registration import host, register
from tests.dialects.idempotency import new_key


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ({}, "upload"),
        ({"request_id": None, "endpoint": None, "source": None, "inputs": []}, "upload"),
        ({"request_id": "r"}, "response"),
        ({"endpoint": "fal-ai/flux"}, "response"),
        ({"request_id": "r", "endpoint": "fal-ai/flux"}, "response"),
        ({"request_id": "🐻" * 255, "endpoint": "x" * 255}, "response"),
        ({"source": "request"}, "request"),
        ({"source": "response"}, "response"),
        ({"source": "upload", "request_id": "r"}, "upload"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_asset_shows_declared_provenance(
    client: httpx.Client, fresh: Account, said: dict[str, Any], source: str
) -> None:
    asset = register_new(client, fresh, **said)
    assert asset["source"] == source
    assert (asset["request_id"], asset["endpoint"]) == (said.get("request_id"), said.get("endpoint"))
    found = client.get(f"/v1/assets/{asset['vector_id']}", headers=auth(fresh.key))
    assert found.json() == {"asset": asset}


@pytest.mark.parametrize(
    "change",
    [
        {"request_id": ""},
        {"request_id": "x" * 256},
        {"request_id": 1},
        {"request_id": "a\0"},
        {"endpoint": ""},
        {"endpoint": "x" * 256},
        {"source": "theft"},
        {"inputs": None},
        {"inputs": {}},
        {"inputs": [{"url": "https://a/"}] * 101},
        {"inputs": [{}]},
        {"inputs": [{"role": "mask"}]},
        {"inputs": [{"url": "https://a/", "request_id": "r"}]},
        {"inputs": [{"url": "https://a/", "role": "victim"}]},
        {"inputs": [{"url": ""}]},
        {"inputs": [{"url": "a.png"}]},
        {"inputs": [{"url": "file:///etc/passwd"}]},
        {"inputs": [{"url": "data:image/png;base64,AAAA"}]},
        {"inputs": [{"url": "javascript:alert(1)"}]},
        {"inputs": [{"url": "https://a b/"}]},
        {"inputs": [{"url": "https://a/\n"}]},
        {"inputs": [{"url": "https://ä/"}]},
        {"inputs": [{"url": "https://"}]},
        {"inputs": [{"url": "https://a/" + "x" * 1991}]},
        {"inputs": [{"vector_id": ""}]},
        {"inputs": [{"vector_id": 1}]},
        {"request_id": None, "inputs": [{"url": "https://a/"}]},
    ],
    ids=lambda change: repr(change)[:50],
)
def test_invalid_provenance_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, url: str, change: dict[str, Any]
) -> None:
    before = stored.count(account)
    response = register(client, account, url, **{"request_id": new_key(), **change})
    assert response.status_code == 422, response.text
    REGISTER.check_error(response, "validation_error")
    stored.expect_counts(account, before)


def test_longest_inputs_are_accepted(client: httpx.Client, fresh: Account, url: str) -> None:
    inputs = [{"url": f"HTTPS://a.example/{n:03}/" + "x" * 1978, "role": "content_ref"} for n in range(100)]
    assert len(inputs[0]["url"]) == 2000
    asset = register_new(client, fresh, request_id="r", inputs=inputs)
    assert len(of_kind(lineage(client, fresh, asset["vector_id"]), "external_input")) == 100


def test_input_url_of_own_file_refers_to_asset(client: httpx.Client, fresh: Account, account: Account) -> None:
    source, theirs = register_new(client, fresh), register_new(client, account)
    bare = host(client, fresh, samples.jpeg(), "image/jpeg")
    localhost = source["url"].replace("127.0.0.1", "LOCALHOST")
    asset = register_new(client, fresh, request_id="r", inputs=[{"url": u} for u in (localhost, bare, theirs["url"])])
    graph = lineage(client, fresh, asset["vector_id"])
    assert [node["url"] for node in of_kind(graph, "asset")] == [asset["url"], source["url"]]
    assert [node["url"] for node in of_kind(graph, "external_input")] == [bare, theirs["url"]]


def test_asset_declared_as_request_input_is_linked(client: httpx.Client, fresh: Account) -> None:
    """The asset is an input of the request, not its output. The request that made it can be declared later."""
    url = host(client, fresh, samples.png(), "image/png")
    found = register(client, fresh, url, source="request", request_id="into", endpoint="e").json()["asset"]
    assert (found["source"], found["request_id"], found["endpoint"]) == ("request", None, None)
    graph = lineage(client, fresh, found["vector_id"])
    assert [edge["kind"] for edge in graph["edges"]] == ["input_to"]
    assert of_kind(graph, "request")[0]["endpoint"] == "e"
    again = register(client, fresh, url, request_id="from").json()["asset"]
    assert (again["source"], again["request_id"]) == ("response", "from")
    graph = lineage(client, fresh, found["vector_id"])
    assert sorted(edge["kind"] for edge in graph["edges"]) == ["generated_by", "input_to"]


@pytest.fixture
def theirs(client: httpx.Client, account: Account, stored: StoredData) -> Iterator[dict[str, str]]:
    """Objects of another workspace, by the field of an input that could refer to them."""
    id, handle = uuid4(), uuid4().hex
    stored.database.execute(
        "INSERT INTO collection (id, workspace_id, name, type, identifier) VALUES (%s, %s, 'x', 'character', %s)",
        [id, account.workspace_id, handle],
    )
    asset = register_new(client, account, request_id=new_key())
    yield {
        "vector_id": asset["vector_id"],
        "request_id": asset["request_id"],
        "character": str(id),
        "handle": f"@{handle}",
    }
    stored.database.execute("DELETE FROM collection WHERE id = %s", [id])


@pytest.mark.parametrize("name", ["vector_id", "request_id", "character", "handle"])
def test_foreign_and_unknown_inputs_look_alike(
    client: httpx.Client, fresh: Account, stored: StoredData, theirs: dict[str, str], name: str
) -> None:
    url = host(client, fresh, samples.png(), "image/png")
    before = stored.count(fresh)
    told = set()
    for id in (theirs[name], str(uuid4()), "nonsense"):
        named = {"character" if name == "handle" else name: id}
        response = register(client, fresh, url, request_id="r", inputs=[{"url": "https://a/"}, named])
        assert response.status_code == 404, response.text
        check_platform_error(response, "not_found")
        told.add(response.json()["error"]["message"])
    assert len(told) == 1
    stored.expect_counts(fresh, before)


def test_registering_again_adds_provenance(client: httpx.Client, fresh: Account) -> None:
    url = host(client, fresh, samples.png(), "image/png")
    assert register(client, fresh, url).json()["asset"]["source"] == "upload"
    first = register(client, fresh, url, request_id="r", inputs=[{"url": "https://a/"}]).json()["asset"]
    assert (first["source"], first["request_id"], first["endpoint"]) == ("response", "r", None)
    inputs = [{"url": "https://a/"}, {"url": "https://b/"}]
    second = register(client, fresh, url, request_id="r", endpoint="e", inputs=inputs).json()["asset"]
    assert second == {**first, "endpoint": "e"}
    other = register(client, fresh, url, request_id="other", endpoint="late", inputs=[{"url": "https://c/"}])
    assert other.json()["asset"] == second
    graph = lineage(client, fresh, second["vector_id"])
    assert [node["url"] for node in of_kind(graph, "external_input")] == ["https://a/", "https://b/"]


def test_outputs_share_one_request_node(client: httpx.Client, fresh: Account) -> None:
    one = register_new(client, fresh, request_id="r", inputs=[{"url": "https://a/"}])
    two = register_new(client, fresh, request_id="r", endpoint="e", prompt="a bear")
    for asset in (one, two):
        graph = lineage(client, fresh, asset["vector_id"])
        (request,) = of_kind(graph, "request")
        assert (request["endpoint"], request["prompt"]) == ("e", "a bear")
        assert len(of_kind(graph, "asset")) == len(of_kind(graph, "external_input")) == 1


def test_concurrent_registrations_share_one_request(client: httpx.Client, fresh: Account) -> None:
    urls = [host(client, fresh, samples.png(seed=seed), "image/png") for seed in range(4)] * 2
    with ThreadPoolExecutor(len(urls)) as pool:
        said = {"request_id": "r", "inputs": [{"url": "https://a/"}]}
        statuses = [each.status_code for each in pool.map(lambda url: register(client, fresh, url, **said), urls)]
    assert statuses == [201] * len(urls)


def test_provenance_is_part_of_the_idempotent_request(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    url, key = host(client, fresh, samples.png(), "image/png"), new_key()

    def send(**said: Any) -> httpx.Response:
        body = {"url": url, "type": "image", "request_id": "r", "inputs": [{"url": "https://a/"}], **said}
        return REGISTER.send(client, fresh.key, json=body, headers={"Idempotency-Key": key})

    first = send()
    before = stored.count(fresh)
    second = send()
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["idempotent-replayed"] == "true"
    changes: list[dict[str, Any]] = [{"request_id": "s"}, {"endpoint": "e"}, {"source": "upload"}, {"inputs": []}]
    for change in changes:
        assert send(**change).status_code == 409
    stored.expect_counts(fresh, before)
