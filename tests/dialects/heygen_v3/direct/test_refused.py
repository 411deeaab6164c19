"""Refused direct uploads: mismatched bytes, missing permissions."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import INITIATE
from tests.dialects.heygen_v3.endpoints import auth, check_error
from tests.dialects.heygen_v3.upload_sessions import COMPLETE, Json, complete, presign, put, sha256
from tests.dialects.idempotency import until
from tests.dialects.sizes import jpeg_of
from tests.dialects.wire import sockets
from tests.server import Serve


@pytest.mark.parametrize("missing", [-1, 1, 1000, -100_000])
@pytest.mark.parametrize("chunked", [False, True])
def test_wrong_size_is_refused(
    client: httpx.Client, server: Serve, account: Account, stored: StoredData, missing: int, chunked: bool
) -> None:
    """By one byte, with or without Content-Length. The right bytes are accepted afterwards."""
    data = samples.png()
    slot = presign(client, account, data)
    before = stored.count(account)
    sent = data[:-missing] if missing > 0 else data + bytes(-missing)
    path = slot["upload_url"].removeprefix(server.url)
    pieces = (sockets.chunk(sent), sockets.LAST_CHUNK) if chunked else (sent,)
    answer = sockets.exchange(server.port, sockets.head("PUT", path, {}, None if chunked else len(sent)), *pieces)
    assert answer
    assert answer.status_code == 400, answer.text
    check_error(answer, "invalid_parameter")
    stored.expect_counts(account, before)
    assert complete(client, account, slot).status_code == 409
    assert put(client, slot, data).status_code == 200
    assert complete(client, account, slot).status_code == 200


def test_wrong_content_length_is_refused_before_body(client: httpx.Client, server: Serve, account: Account) -> None:
    """An Expect: 100-continue gets no 100."""
    slot = presign(client, account, samples.png())
    path = slot["upload_url"].removeprefix(server.url)
    head = sockets.head("PUT", path, {"Expect": "100-continue"}, 10_000_000)
    answer = sockets.exchange(server.port, head)
    assert answer
    assert answer.status_code == 400


def test_refused_put_keeps_earlier_bytes(client: httpx.Client, account: Account) -> None:
    slot = presign(client, account, samples.png())
    put(client, slot, samples.png())
    assert put(client, slot, samples.png()[:-1]).status_code == 400
    assert complete(client, account, slot).status_code == 200


def test_interrupted_put_stores_nothing(
    client: httpx.Client, server: Serve, account: Account, stored: StoredData
) -> None:
    slot = presign(client, account, samples.png())
    before = stored.count(account)
    head = sockets.head("PUT", slot["upload_url"].removeprefix(server.url), {}, len(samples.png()))
    sockets.exchange(server.port, head, samples.png()[:-10], hang_up=True)
    stored.expect_counts(account, before)
    assert complete(client, account, slot).status_code == 409


@pytest.mark.parametrize(
    ("announced", "sent"),
    [
        ("image/png", jpeg_of),
        ("image/jpeg", lambda size: samples.png() + bytes(size - len(samples.png()))),
        ("application/zip", jpeg_of),
        ("image/jpeg", lambda size: samples.plain_zip() + bytes(size - len(samples.plain_zip()))),
        ("image/jpeg", lambda size: jpeg_of(size)[: size // 2] + bytes(size - size // 2)),
        ("video/mp4", lambda size: b"a" * size),
        ("application/pdf", lambda size: samples.html() + b" " * (size - len(samples.html()))),
    ],
    ids=["jpeg as png", "png and zeros", "jpeg as zip", "zip as jpeg", "half a jpeg", "text as mp4", "html as pdf"],
)
def test_content_of_other_type_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, announced: str, sent: Callable[[int], bytes]
) -> None:
    """Completion is refused each time until other bytes are sent; the refused bytes are deleted."""
    size = 20_000
    slot = presign(client, account, bytes(size), announced)
    before = stored.count(account)
    for _ in range(2):
        assert put(client, slot, sent(size)).status_code == 200
        first, second = complete(client, account, slot), complete(client, account, slot)
        assert (first.status_code, second.status_code) == (400, 400), first.text
        check_error(first, "invalid_parameter")
        check_error(second, "invalid_parameter")
        assert first.json()["error"]["message"] == second.json()["error"]["message"]
        stored.expect_counts(account, before)
    assert client.get(f"/v3/assets/{slot['asset_id']}", headers=auth(account.key)).status_code == 404


def test_repeated_refusal_has_the_same_sentence(client: httpx.Client, account: Account) -> None:
    size = 20_000
    slot = presign(client, account, bytes(size), "image/png")
    put(client, slot, jpeg_of(size))
    for _ in range(2):
        message = complete(client, account, slot).json()["error"]["message"]
        assert message == "Content type not match: declared image/png, found image/jpeg."


def test_right_bytes_after_refusal_succeed(client: httpx.Client, account: Account, stored: StoredData) -> None:
    size = len(samples.jpeg()) + 300
    slot = presign(client, account, bytes(size), "image/jpeg")
    before = stored.count(account)
    put(client, slot, samples.text().ljust(size))
    assert complete(client, account, slot).status_code == 400
    assert put(client, slot, jpeg_of(size)).status_code == 200
    done = complete(client, account, slot)
    assert done.status_code == 200
    assert client.get(done.json()["data"]["url"]).content == jpeg_of(size)
    stored.expect_counts(account, before + Counter(("blob", "file", "asset", "kept upload", "stored")))


@pytest.mark.parametrize("when", ["announced", "completed"])
def test_wrong_checksum_is_refused(client: httpx.Client, account: Account, stored: StoredData, when: str) -> None:
    """The bytes were damaged in transit and must be sent again."""
    size = len(samples.jpeg()) + 400
    wish = {"checksum_sha256": sha256(jpeg_of(size))}
    early, late = (wish, {}) if when == "announced" else ({}, wish)
    slot = presign(client, account, bytes(size), "image/jpeg", **early)
    before = stored.count(account)
    put(client, slot, jpeg_of(size - 8) + b"damaged!")
    for _ in range(2):
        response = complete(client, account, slot, **late)
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "invalid_parameter"
        assert "checksum" in response.json()["error"]["message"]
    stored.expect_counts(account, before)
    put(client, slot, jpeg_of(size))
    assert complete(client, account, slot, **late).status_code == 200


def test_contradicting_checksums_are_refused(client: httpx.Client, account: Account) -> None:
    """The client contradicts its own declaration, so the bytes are kept."""
    data = samples.png(seed=61)
    slot = presign(client, account, data, checksum_sha256=sha256(data))
    put(client, slot, data)
    for _ in range(2):
        response = complete(client, account, slot, checksum_sha256=sha256(b"other"))
        assert response.status_code == 400
        assert response.json()["error"]["param"] == "checksum_sha256"
    assert complete(client, account, slot).status_code == 200
    assert complete(client, account, slot, checksum_sha256=sha256(b"other")).status_code == 400


@pytest.mark.parametrize("checksum", ["", "0" * 63, "A" * 44, "=" * 44, "é" * 44, "x" * 101])
def test_malformed_checksum_is_refused(client: httpx.Client, account: Account, checksum: str) -> None:
    slot = presign(client, account, samples.png())
    put(client, slot, samples.png())
    response = complete(client, account, slot, checksum_sha256=checksum)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "checksum_sha256"
    assert complete(client, account, slot).status_code == 200


def test_foreign_and_unknown_uploads_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    """Before and after completion."""
    slot = presign(client, account, samples.png())
    put(client, slot, samples.png())

    def told(account: Account, id: str) -> str:
        response = complete(client, account, {"asset_id": id})
        assert response.status_code == 404
        check_error(response, "asset_not_found")
        return response.text.replace(id, "")

    unknown = told(account, uuid4().hex)
    assert told(fresh, slot["asset_id"]) == unknown
    assert told(account, "nonsense") == unknown
    assert complete(client, account, slot).status_code == 200
    assert told(fresh, slot["asset_id"]) == unknown


def test_asset_of_other_dialect_cannot_be_completed(client: httpx.Client, account: Account) -> None:
    """It has no upload."""
    asset = client.post("/assets", files={"file": samples.png()}, headers=auth(account.key)).json()
    response = COMPLETE.send(client, account.key, path=f"/v3/assets/{asset['id']}/complete", json={})
    assert response.status_code == 404


def test_foreign_upload_url_is_not_found(
    client: httpx.Client, server: Serve, account: Account, stored: StoredData
) -> None:
    slot, other = presign(client, account, samples.png()), presign(client, account, samples.png())
    fal = INITIATE.send(client, account.key, json={}).json()["upload_url"]
    before = stored.count(account)
    path, _, query = slot["upload_url"].partition("?")
    id, fal_id = (urlsplit(url).path.rpartition("/")[2] for url in (path, fal))
    answers = [
        client.put(address, content=samples.png())
        for address in (
            path,
            f"{path}?token=",
            f"{path}?token=%00",
            f"{path}?{query}x",
            f"{path}?{urlsplit(other['upload_url']).query}",
            slot["upload_url"].replace(id, uuid4().hex),
            f"{path.replace(id, fal_id)}?{urlsplit(fal).query}",
        )
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    check_error(answers[0], "not_found")
    assert client.put(f"{server.url}/storage/upload/{id}?{query}", content=samples.png()).status_code == 404
    stored.expect_counts(account, before)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": "wrong"},
        {"Authorization": "Bearer wrong"},
        {"Content-Type": "application/zip, application/zip"},
        {"X-HeyGen-Client-Source": "hyperframes"},
    ],
    ids=str,
)
def test_upload_url_needs_no_key(client: httpx.Client, account: Account, headers: dict[str, str]) -> None:
    slot = presign(client, account, samples.png())
    assert client.put(slot["upload_url"], content=samples.png(), headers=headers).status_code == 200
    assert complete(client, account, slot).status_code == 200


@pytest.mark.parametrize("sent", [False, True])
def test_expired_upload_is_not_found(client: httpx.Client, account: Account, stored: StoredData, sent: bool) -> None:
    slot = presign(client, account, samples.png())
    if sent:
        put(client, slot, samples.png())
    query = "UPDATE upload SET expires_at = now() - interval '1 second' WHERE asset_id = %s"
    stored.database.execute(query, [slot["asset_id"]])
    before = stored.count(account)
    answers = put(client, slot, samples.png()), complete(client, account, slot)
    assert [answer.status_code for answer in answers] == [404, 404]
    check_error(answers[0], "not_found")
    check_error(answers[1], "asset_not_found")
    stored.expect_counts(account, before)


def test_completed_upload_survives_expiry(client: httpx.Client, account: Account, stored: StoredData) -> None:
    """The upload URL has expired, but the asset stays."""
    slot = presign(client, account, samples.png())
    put(client, slot, samples.png())
    first = complete(client, account, slot)
    query = "UPDATE upload SET expires_at = now() - interval '1 second' WHERE asset_id = %s"
    stored.database.execute(query, [slot["asset_id"]])
    assert complete(client, account, slot).content == first.content


def test_revoked_key_revokes_upload_url(client: httpx.Client, server: Serve, stored: StoredData) -> None:
    leaving = stored.account(server.new_key())
    slot: Json = presign(client, leaving, samples.png())
    stored.revoke(leaving)
    until(lambda: put(client, slot, samples.png()).status_code == 404)
    until(lambda: complete(client, leaving, slot).status_code == 401)


def test_puts_count_against_rate_limit(
    strict_client: httpx.Client, limited: Account, strict_stored: StoredData
) -> None:
    slot: Any = presign(strict_client, limited, samples.png())
    assert [put(strict_client, slot, samples.png()).status_code for _ in range(5)] == [200] * 4 + [429]
