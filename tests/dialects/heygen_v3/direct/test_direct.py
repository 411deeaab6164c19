"""Direct uploads: the answer of each step, and repeated steps."""

import base64
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v3.endpoints import UPLOAD, auth, check_error
from tests.dialects.heygen_v3.upload_sessions import ASSET, PRESIGN, SLOT, complete, declaration, presign, put, sha256
from tests.dialects.sizes import jpeg_of
from tests.server import Serve

MIB = 1024 * 1024
TYPES = sorted(UPLOAD.types | {"application/zip"})
KEPT = Counter(("blob", "file", "asset", "upload", "kept upload", "stored"))


def test_presign_returns_upload_target(client: httpx.Client, server: Serve, account: Account) -> None:
    response = PRESIGN.send(client, account.key, json=declaration(samples.png(), checksum_sha256=None, later=1))
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert list(response.json()) == ["data"]
    slot = response.json()["data"]
    assert list(slot) == SLOT
    assert UUID(hex=slot["asset_id"]).hex == slot["asset_id"]
    assert slot["upload_url"].startswith(f"{server.url}/v3/assets/direct-uploads/")
    assert list(parse_qs(urlsplit(slot["upload_url"]).query)) == ["token"]
    assert slot["upload_headers"] == {"content-type": "image/png"}  # in lower case: a client adds its own
    assert (slot["expires_in_seconds"], slot["max_bytes"], slot["status"]) == (3600, 200 * MIB, "pending_upload")


@pytest.mark.parametrize("mime", TYPES)
def test_direct_upload_becomes_asset(client: httpx.Client, server: Serve, account: Account, mime: str) -> None:
    data = samples.ACCEPTED[mime]()
    slot = presign(client, account, data, mime, filename="my file")
    assert put(client, slot, data).status_code == 200
    response = complete(client, account, slot)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    asset = response.json()["data"]
    assert list(asset) == ASSET
    assert asset["asset_id"] == slot["asset_id"]
    assert (asset["mime_type"], asset["size_bytes"], asset["status"]) == (mime, len(data), "processing")
    assert asset["url"].startswith(f"{server.url}/files/b/")
    served = client.get(asset["url"])
    assert (served.content, served.headers["content-type"].partition(";")[0]) == (data, mime)


def test_incomplete_upload_is_not_visible(client: httpx.Client, fresh: Account) -> None:
    """There is no asset and no file yet."""
    slot = presign(client, fresh, samples.png())
    put(client, slot, samples.png())
    headers = auth(fresh.key)
    assert client.get("/v3/assets", headers=headers).json()["data"] == []
    path = f"/v3/assets/{slot['asset_id']}"
    assert (client.get(path, headers=headers).status_code, client.delete(path, headers=headers).status_code) == (
        404,
        404,
    )
    complete(client, fresh, slot)
    assert client.get(path, headers=headers).json()["data"]["name"] == "a.png"
    assert [asset["id"] for asset in client.get("/v3/assets", headers=headers).json()["data"]] == [slot["asset_id"]]


def test_zip_archive_is_stored_as_document(client: httpx.Client, account: Account) -> None:
    data = samples.plain_zip()
    slot = presign(client, account, data, "application/zip", filename="project.zip")
    put(client, slot, data)
    url = complete(client, account, slot).json()["data"]["url"]
    shown = client.get(f"/v3/assets/{slot['asset_id']}", headers=auth(account.key)).json()["data"]
    assert (shown["type"], shown["name"]) == ("document", "project.zip")
    served = client.get(url)
    assert served.headers["content-disposition"].startswith("attachment")
    assert served.headers["content-type"] == "application/zip"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"checksum_sha256": null}', b'{"later": 1}'])
def test_completion_body_is_optional(client: httpx.Client, account: Account, body: bytes) -> None:
    slot = presign(client, account, samples.png())
    put(client, slot, samples.png())
    path = f"/v3/assets/{slot['asset_id']}/complete"
    assert client.post(path, content=body, headers=auth(account.key)).status_code == 200


def test_completion_before_bytes_is_a_conflict(client: httpx.Client, account: Account) -> None:
    """HeyGen's client retries on this conflict."""
    slot = presign(client, account, samples.png())
    for _ in range(2):
        response = complete(client, account, slot)
        assert response.status_code == 409
        check_error(response, "conflict")
        assert response.json()["error"]["param"] is None
    put(client, slot, samples.png())
    assert complete(client, account, slot).status_code == 200


def test_last_put_wins(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """Bytes sent again before completion replace the earlier ones, which are deleted."""
    size = len(samples.jpeg()) + 200
    before = stored.count(fresh)
    slot = presign(client, fresh, bytes(size), "image/jpeg")
    for seed in (1, 2, 3):
        assert put(client, slot, _jpeg(size, seed)).status_code == 200
        stored.expect_counts(fresh, before + Counter(("upload", "stored")))
    done = complete(client, fresh, slot)
    assert client.get(done.json()["data"]["url"]).content == _jpeg(size, 3)
    stored.expect_counts(fresh, before + KEPT)


def _jpeg(size: int, seed: int) -> bytes:
    """Make a JPEG of exactly `size` bytes; its content depends on `seed`."""
    data = bytearray(jpeg_of(size))
    data[24:28] = seed.to_bytes(4)
    return bytes(data)


def test_other_bytes_after_completion_are_refused(client: httpx.Client, account: Account, stored: StoredData) -> None:
    size = len(samples.jpeg()) + 200
    slot = presign(client, account, bytes(size), "image/jpeg")
    put(client, slot, _jpeg(size, 1))
    url = complete(client, account, slot).json()["data"]["url"]
    before = stored.count(account)
    response = put(client, slot, _jpeg(size, 2))
    assert response.status_code == 409
    check_error(response, "conflict")
    assert client.get(url).content == _jpeg(size, 1)
    stored.expect_counts(account, before)


def test_whole_upload_can_be_repeated_with_its_idempotency_key(
    client: httpx.Client, account: Account, stored: StoredData
) -> None:
    """HeyGen's client repeats all three steps after a failure; the replayed URL takes the same bytes again."""
    data = samples.png(seed=55)
    before = stored.count(account)
    answers = set()
    for _ in range(3):
        headers = {"Idempotency-Key": f"again-{account.workspace_id}"}
        slot = PRESIGN.send(client, account.key, json=declaration(data), headers=headers).json()["data"]
        sent = put(client, slot, data)
        assert (sent.status_code, sent.json()["data"]["status"]) == (200, "uploaded")
        answers.add(complete(client, account, slot).json()["data"]["asset_id"])
    assert len(answers) == 1
    stored.expect_counts(account, before + KEPT + Counter(("idempotency",)))


def test_bytes_sent_beside_a_completion_are_accepted_if_they_are_its_own(
    client: httpx.Client, fresh: Account, stored: StoredData
) -> None:
    data = samples.png(seed=56)
    before = stored.count(fresh)
    slot = presign(client, fresh, data)
    put(client, slot, data)
    with ThreadPoolExecutor(4) as threads:
        done = threads.submit(complete, client, fresh, slot)
        sent = list(threads.map(lambda _: put(client, slot, data), range(3)))
    assert {answer.status_code for answer in sent} <= {200, 409}  # 409: another of these replaced the bytes
    assert done.result().status_code in (200, 409, 503)  # not 200: they were replaced while they were examined
    assert complete(client, fresh, slot).status_code == 200
    assert put(client, slot, data).status_code == 200
    stored.expect_counts(fresh, before + KEPT)


def test_completion_can_be_repeated(client: httpx.Client, account: Account, stored: StoredData) -> None:
    data = samples.png(seed=53)
    before = stored.count(account)
    slot = presign(client, account, data)
    put(client, slot, data)
    answers = [complete(client, account, slot) for _ in range(3)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    stored.expect_counts(account, before + KEPT)


def test_concurrent_completions_make_one_asset(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """No pending write remains that would later delete the bytes."""
    data = samples.png(seed=54)
    before = stored.count(fresh)
    slot = presign(client, fresh, data)
    put(client, slot, data)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: complete(client, fresh, slot), range(8)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert client.get(answers[0].json()["data"]["url"]).content == data
    stored.expect_counts(fresh, before + KEPT)
    query = "SELECT count(*) FROM pending_write JOIN blob USING (storage_key) WHERE workspace_id = %s"
    assert stored.database.execute(query, [fresh.workspace_id]).fetchone() == (0,)


def test_concurrent_puts_keep_one_content(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """The bytes of one request stay."""
    size = len(samples.jpeg()) + 200
    before = stored.count(fresh)
    slot = presign(client, fresh, bytes(size), "image/jpeg")
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda seed: put(client, slot, _jpeg(size, seed)), range(6)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert any(answer.status_code == 200 for answer in answers)
    done = complete(client, fresh, slot)
    assert client.get(done.json()["data"]["url"]).content in [_jpeg(size, seed) for seed in range(6)]
    stored.expect_counts(fresh, before + KEPT)


def test_known_content_is_deduplicated(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """A second asset refers to the known bytes; the sent ones are deleted."""
    UPLOAD.upload(client, fresh.key, samples.png())
    before = stored.count(fresh)
    slot = presign(client, fresh, samples.png())
    put(client, slot, samples.png())
    assert complete(client, fresh, slot).status_code == 200
    stored.expect_counts(fresh, before + Counter(("file", "asset", "upload", "kept upload")))


def test_completion_after_delete_is_not_found(client: httpx.Client, account: Account) -> None:
    slot = presign(client, account, samples.png())
    put(client, slot, samples.png())
    complete(client, account, slot)
    path = f"/v3/assets/{slot['asset_id']}"
    assert client.delete(path, headers=auth(account.key)).status_code == 200
    response = complete(client, account, slot)
    assert response.status_code == 404
    check_error(response, "asset_not_found")


@pytest.mark.parametrize("spelling", ["hex", "HEX", "base64"])
def test_correct_checksum_is_accepted(client: httpx.Client, account: Account, spelling: str) -> None:
    """In hex (schema) or base64 (examples); declared at presign, on completion, or both."""
    data = samples.png(seed=55)
    digest = bytes.fromhex(sha256(data))
    text = {"hex": digest.hex(), "HEX": digest.hex().upper(), "base64": base64.b64encode(digest).decode()}[spelling]
    for early, late in (({"checksum_sha256": text}, {}), ({}, {"checksum_sha256": text})):
        slot = presign(client, account, data, **early)
        put(client, slot, data)
        assert complete(client, account, slot, **late).status_code == 200
        assert complete(client, account, slot, checksum_sha256=digest.hex()).status_code == 200
