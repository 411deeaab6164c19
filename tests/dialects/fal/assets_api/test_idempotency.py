"""The Idempotency-Key of POST /v1/assets/uploads: documented in one line; another body under the same key is a 409."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import REGISTER, auth
from tests.dialects.fal.registration import host
from tests.dialects.idempotency import assets, new_key


def register(client: httpx.Client, account: Account, key: str, body: dict[str, Any]) -> httpx.Response:
    return REGISTER.send(client, account.key, json=body, headers={"Idempotency-Key": key})


@pytest.fixture
def url(client: httpx.Client, fresh: Account) -> str:
    return host(client, fresh, samples.png(), "image/png")


def test_same_key_replays_response(client: httpx.Client, fresh: Account, stored: StoredData, url: str) -> None:
    key, body = new_key(), {"url": url, "type": "image", "prompt": "first"}
    first, second = register(client, fresh, key, body), register(client, fresh, key, body)
    assert (first.status_code, second.status_code, second.content) == (201, 201, first.content)
    assert second.headers["idempotent-replayed"] == "true"
    assert assets(stored, fresh) == 1


def test_replay_ignores_later_changes(client: httpx.Client, fresh: Account, url: str) -> None:
    key = new_key()
    first = register(client, fresh, key, {"url": url, "type": "image"})
    REGISTER.send(client, fresh.key, json={"url": url, "type": "image", "favorite": True})
    again = register(client, fresh, key, {"url": url, "type": "image"})
    assert again.content == first.content
    assert again.json()["asset"]["is_favorited"] is False


def test_equivalent_json_is_the_same_request(client: httpx.Client, fresh: Account, url: str) -> None:
    key = new_key()
    first = register(client, fresh, key, {"url": url, "type": "image"})
    spelled = (
        """{ "tag_ids": [], "favorite": false, "prompt": null, "later": 1, "type": "\\u0069mage", "url": "URL" }"""
    )
    spelled = spelled.replace("URL", url)
    headers = {**auth(fresh.key), "Idempotency-Key": key}
    second = client.post("/v1/assets/uploads", content=spelled, headers=headers)
    assert (second.status_code, second.content) == (201, first.content)


@pytest.mark.parametrize(
    "change", [{"favorite": True}, {"prompt": "x"}, {"type": "video"}, {"url": "http://else/"}], ids=str
)
def test_different_body_is_a_conflict(
    client: httpx.Client, fresh: Account, stored: StoredData, url: str, change: dict[str, Any]
) -> None:
    key, body = new_key(), {"url": url, "type": "image"}
    first = register(client, fresh, key, body)
    before = stored.count(fresh)
    other = register(client, fresh, key, {**body, **change})
    assert other.status_code == 409
    REGISTER.check_error(other, "validation_error")
    assert REGISTER.spec
    REGISTER.spec.check(other)
    stored.expect_counts(fresh, before)
    assert register(client, fresh, key, body).content == first.content


@pytest.mark.parametrize(
    "change",
    [{"url": "http://else/"}, {"type": "video"}, {"tag_ids": ["550e8400-e29b-41d4-a716-446655440000"]}],
    ids=str,
)
def test_refused_request_frees_its_key(
    client: httpx.Client, fresh: Account, stored: StoredData, url: str, change: dict[str, Any]
) -> None:
    key, body = new_key(), {"url": url, "type": "image"}
    assert register(client, fresh, key, {**body, **change}).status_code in (404, 422)
    assert stored.count(fresh)["idempotency"] == 0
    assert register(client, fresh, key, body).status_code == 201


@pytest.mark.parametrize("key", ["a b", '{"id": 1}, \\;', "é" * 255, "日本語", "x" * 255])
def test_any_text_is_a_key(client: httpx.Client, fresh: Account, url: str, key: str) -> None:
    headers = {**auth(fresh.key), "Idempotency-Key": key.encode()}
    first, second = (
        client.post("/v1/assets/uploads", json={"url": url, "type": "image"}, headers=headers)  # type: ignore[arg-type] # bytes are headers too
        for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotent-replayed"] == "true"


def test_path_of_any_length_has_keys(client: httpx.Client, fresh: Account) -> None:
    """An index of the database holds no more than 2,704 bytes."""
    path = "/v1/assets/tags/" + "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(60))
    response = client.delete(path, headers={**auth(fresh.key), "Idempotency-Key": new_key()})
    assert response.status_code == 404


@pytest.mark.parametrize("key", ["", "a" * 256, "é" * 256])
def test_invalid_key_is_refused(client: httpx.Client, fresh: Account, url: str, key: str) -> None:
    headers = {**auth(fresh.key), "Idempotency-Key": key.encode()}
    response = client.post("/v1/assets/uploads", json={"url": url, "type": "image"}, headers=headers)  # type: ignore[arg-type] # bytes are headers too
    assert response.status_code == 422
    REGISTER.check_error(response, "validation_error")


def test_concurrent_requests_make_one_asset(client: httpx.Client, fresh: Account, stored: StoredData, url: str) -> None:
    key, start = new_key(), Barrier(8)

    def send(_: int) -> httpx.Response:
        start.wait()
        return register(client, fresh, key, {"url": url, "type": "image"})

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert assets(stored, fresh) == 1


def test_concurrent_requests_without_key_make_one_asset(
    client: httpx.Client, fresh: Account, stored: StoredData, url: str
) -> None:
    start = Barrier(8)

    def send(n: int) -> httpx.Response:
        start.wait()
        return REGISTER.send(client, fresh.key, json={"url": url, "type": "image", "prompt": f"number {n}"})

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["asset"]["vector_id"] for answer in answers}) == 1
    assert assets(stored, fresh) == 1
