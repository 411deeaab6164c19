"""Uploads in the native API: several files in a form, one file as the body."""

import hashlib
import json
import time
from base64 import b64encode
from typing import Any

import httpx
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.native.endpoints import auth
from tests.dialects.wire import sockets
from tests.server import Serve

BEAR, FOX, WOLF = (samples.png(seed=number) for number in (31, 32, 33))
Part = tuple[str, tuple[str | None, bytes | str]]


def text(name: str, value: str) -> Part:
    return name, (None, value)


def file(data: bytes, name: str = "bear.png", field: str = "file") -> Part:
    return field, (name, data)


def upload(client: httpx.Client, key: str, *parts: Part, **headers: str) -> httpx.Response:
    return client.post("/api/assets/upload", files=list(parts), headers={**auth(key), **headers})


def items(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def put(client: httpx.Client, key: str, data: bytes, method: str = "POST", **params: Any) -> httpx.Response:
    headers = {**auth(key), **params.pop("headers", {})}
    return client.request(method, "/api/assets/content", content=data, params=params, headers=headers)


def test_each_file_has_a_result_in_order(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    response = upload(
        client,
        fresh.key,
        file(BEAR),
        file(b"not media", "a.txt"),
        file(b"", "empty.png"),
        file(FOX, "fox.png", "files"),
    )
    first, second, third, fourth = items(response)
    assert [item["name"] for item in (first, second, third, fourth)] == ["bear.png", "a.txt", "empty.png", "fox.png"]
    assert client.get(first["asset"]["url"]).content == BEAR
    assert client.get(fourth["asset"]["url"]).content == FOX
    assert [second["problem"]["type"], third["problem"]["type"]] == [
        "urn:mediatheque:error:unsupported-kind",
        "urn:mediatheque:error:empty-file",
    ]
    assert second["problem"]["request_id"] == response.headers["x-request-id"]
    counts = stored.count(fresh)
    assert (counts["blob"], counts["file"], counts["asset"]) == (2, 2, 2)


def test_form_may_be_sent_where_json_is(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """Also one that is larger than JSON may be, and twice with one key."""
    big = BEAR + bytes(20_000_000)
    headers = {**auth(fresh.key), "Idempotency-Key": "form-3"}
    first, second = (
        client.post("/api/assets", files=[text("title", "Bear"), file(BEAR), file(big, "big.png")], headers=headers)
        for _ in range(2)
    )
    [bear, _] = items(first)
    assert bear["asset"]["title"] == "Bear"
    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"
    other = client.post("/api/assets", files=[file(FOX)], headers=headers)
    assert other.status_code == 422


def test_fields_before_a_file_apply(client: httpx.Client, fresh: Account) -> None:
    response = upload(
        client,
        fresh.key,
        text("tags", "animal"),
        text("tags", "autumn"),
        text("metadata", '{"shot": "12"}'),
        text("title", "Bear"),
        text("external_id", "bear"),
        file(BEAR),
        text("tags", "forest"),
        text("favorite", "true"),
        file(FOX, "fox.png"),
        text("asset", json.dumps({"title": "Wolf", "metadata": {"shot": "13"}, "favorite": False})),
        file(WOLF, "wolf.png"),
    )
    shown = [
        (
            asset["title"],
            [tag["name"] for tag in asset["tags"]],
            asset["metadata"],
            asset["external_id"],
            asset["is_favorite"],
        )
        for asset in (item["asset"] for item in items(response))
    ]
    assert shown == [
        ("Bear", ["animal", "autumn"], {"shot": "12"}, "bear", False),
        ("fox", ["forest"], {"shot": "12"}, None, True),
        ("Wolf", ["forest"], {"shot": "13"}, None, False),
    ]


@pytest.mark.parametrize(
    ("part", "param"),
    [
        (text("title", ""), "title"),
        (text("titel", "x"), "titel"),
        (text("metadata", "[]"), "metadata"),
        (text("metadata", '{"a": "\\u0000"}'), "metadata"),
        (text("asset", "{"), "asset"),
        (text("favorite", "perhaps"), "favorite"),
        (text("tag_ids", "01a21b9d-31e3-7095-9e60-712acb87c460"), "tag_ids"),
        (text("tags", " "), "tags"),
    ],
    ids=str,
)
def test_wrong_fields_are_the_next_files_problem(client: httpx.Client, fresh: Account, part: Part, param: str) -> None:
    """The file before is not concerned."""
    first, second = items(upload(client, fresh.key, file(BEAR), part, file(FOX)))
    assert "asset" in first
    assert second["problem"]["param"] == param


def test_twins_in_one_form(client: httpx.Client, fresh: Account) -> None:
    first, second, third = items(
        upload(
            client,
            fresh.key,
            text("external_id", "one"),
            file(BEAR),
            text("external_id", "one"),
            file(BEAR),
            text("external_id", "one"),
            text("on_conflict", "update"),
            file(FOX),
        )
    )
    assert second["problem"]["type"] == "urn:mediatheque:error:conflict"
    assert (third["asset"]["id"], third["asset"]["sha256"]) == (first["asset"]["id"], hashlib.sha256(FOX).hexdigest())


def test_form_without_files(client: httpx.Client, account: Account) -> None:
    response = upload(client, account.key, text("title", "x"))
    assert (response.status_code, response.json()["type"]) == (422, "urn:mediatheque:error:file-missing")


def test_more_files_than_a_form_may_have(client: httpx.Client, fresh: Account) -> None:
    response = upload(client, fresh.key, *(file(b"", f"{number}.png") for number in range(101)))
    assert (response.status_code, response.json()["param"]) == (422, "file")


def test_too_much_text(client: httpx.Client, account: Account) -> None:
    response = upload(client, account.key, text("caption", "x" * 300_000), file(BEAR))
    assert (response.status_code, response.json()["param"]) == (422, "caption")


def test_repeated_form_is_answered_alike(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    key = {"Idempotency-Key": "form-1"}
    first = upload(client, fresh.key, text("title", "Bear"), file(BEAR), file(b"?", "a.txt"), file(FOX), **key)
    second = upload(client, fresh.key, text("title", "Bear"), file(BEAR), file(b"?", "a.txt"), file(FOX), **key)
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert stored.count(fresh)["asset"] == 2
    for parts in ([file(BEAR)], [text("title", "Fox"), file(BEAR), file(b"?", "a.txt"), file(FOX)]):
        other = upload(client, fresh.key, *parts, **key)
        assert (other.status_code, other.json()["type"]) == (422, "urn:mediatheque:error:idempotency-key-reused")


def test_form_that_ended_early_is_continued(
    client: httpx.Client, server: Serve, fresh: Account, stored: StoredData
) -> None:
    """The first file became an asset; sent again, it is the same one. Of the second, nothing was kept."""
    body, content_type = encoded(file(BEAR), file(FOX, "fox.png"))
    headers = {**auth(fresh.key), "Content-Type": content_type, "Idempotency-Key": "form-2"}
    cut = body.index(b"fox.png") + 200
    head = sockets.head("POST", "/api/assets/upload", headers, len(body))
    sockets.exchange(server.port, head, body[:cut], hang_up=True)
    while stored.count(fresh)["asset"] < 1:
        time.sleep(0.01)
    while (again := client.post("/api/assets/upload", content=body, headers=headers)).status_code == 409:
        time.sleep(0.1)  # until the server has noticed
    assert len(items(again)) == 2
    counts = stored.count(fresh)
    assert (counts["blob"], counts["file"], counts["asset"]) == (2, 2, 2)


def encoded(*parts: Part) -> tuple[bytes, str]:
    request = httpx.Request("POST", "http://x/", files=list(parts))
    return request.read(), request.headers["content-type"]


def test_raw_body(client: httpx.Client, fresh: Account) -> None:
    response = put(
        client,
        fresh.key,
        BEAR,
        name="bear.png",
        tags=["bear", "autumn"],
        metadata='{"shot": "12"}',
        headers={"Content-Type": "image/png"},
    )
    assert response.status_code == 201, response.text
    asset = response.json()
    assert (asset["name"], asset["title"], asset["metadata"]) == ("bear.png", "bear", {"shot": "12"})
    assert [tag["name"] for tag in asset["tags"]] == ["autumn", "bear"]
    assert response.headers["etag"] == f'"{asset["revision"]}"'
    assert client.get(asset["url"]).content == BEAR
    named = put(client, fresh.key, FOX, headers={"Content-Disposition": 'attachment; filename="fox.png"'})
    assert named.json()["name"] == "fox.png"


def test_put_is_by_the_clients_own_id(client: httpx.Client, fresh: Account) -> None:
    first, second = (put(client, fresh.key, data, "PUT", external_id="folder/bear.png").json() for data in (BEAR, FOX))
    assert first["id"] == second["id"]
    assert client.get(second["url"]).content == FOX
    missing = put(client, fresh.key, BEAR, "PUT")
    assert (missing.status_code, missing.json()["param"]) == (422, "external_id")


def test_digest_is_checked(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    right, wrong = (f"sha-256=:{b64encode(hashlib.sha256(data).digest()).decode()}:" for data in (BEAR, FOX))
    for header in ("Content-Digest", "Repr-Digest"):
        refused = put(client, fresh.key, BEAR, headers={header: wrong})
        assert (refused.status_code, refused.json()["param"]) == (422, "sha256")
        bad = put(client, fresh.key, BEAR, headers={header: "sha-256=nonsense"})
        assert (bad.status_code, bad.json()["param"]) == (422, header)
    assert stored.count(fresh)["asset"] == 0
    assert put(client, fresh.key, BEAR, headers={"Content-Digest": f"sha-512=:AAAA:, {right}"}).status_code == 201


def test_form_is_no_raw_body(client: httpx.Client, account: Account) -> None:
    body, content_type = encoded(file(BEAR))
    response = put(client, account.key, body, headers={"Content-Type": content_type})
    assert (response.status_code, response.json()["param"]) == (400, "Content-Type")


def test_update_needs_the_right_to_change_assets(client: httpx.Client, server: Serve) -> None:
    key = server.new_key(Scope.UPLOADS_WRITE)
    assert put(client, key, BEAR, external_id="a").status_code == 201
    assert put(client, key, BEAR, external_id="a", on_conflict="update").status_code == 403
    assert put(client, key, BEAR, "PUT", external_id="a").status_code == 403
    [item] = items(upload(client, key, text("external_id", "a"), text("on_conflict", "update"), file(BEAR)))
    assert item["problem"]["type"] == "urn:mediatheque:error:scope-missing"
