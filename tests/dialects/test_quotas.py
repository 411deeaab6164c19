"""Twenty uploads at once, each way in: as many are stored as the quota allows, and nothing is left of the others."""

import secrets
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import httpx
import psycopg
import pytest

from tests import samples
from tests.acceptance.endpoints import Sample, bearer, fal_put, fal_upload, heygen_v1, heygen_v3, krea
from tests.dialects.database.snapshot import Account, StoredData
from tests.server import Serve

AT_ONCE, ALLOWED = 20, 3
SIZE = len(samples.jpeg()) + 8
OPEN_UPLOADS = """
    SELECT count(*) FROM upload
    WHERE workspace_id = %s AND method = 'multipart' AND failure IS NULL AND completed_at IS NULL
"""
"""Multipart uploads whose parts may still be sent, until they expire; each has a file."""
Send = Callable[[httpx.Client, str, Sample], httpx.Response]


def picture() -> Sample:
    """One that is like no other, of `SIZE` bytes."""
    return Sample(samples.jpeg() + secrets.token_bytes(8), "image/jpeg", "a.jpg")


def proxied(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    headers = bearer(key) | {"x-fal-target-url": "https://v3.fal.media/files/upload", "content-type": sample.type}
    return http.post("/api/fal/proxy", content=sample.data, headers=headers)


def chunked(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    """Without a Content-Length."""
    headers = {"x-api-key": key, "content-type": sample.type}
    return http.post("/v1/asset", content=iter([sample.data]), headers=headers)


def native(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    source = {"type": "base64", "media_type": sample.type, "data": b64encode(sample.data).decode()}
    return http.post("/api/assets", json={"source": source}, headers=bearer(key))


def multipart(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    begun = http.post("/files/upload/multipart", headers=bearer(key))
    if not begun.is_success:
        return begun
    url = f"{begun.json()['access_url']}/multipart/{begun.json()['uploadId']}"
    part = http.put(f"{url}/1", content=sample.data, headers=bearer(key))
    if not part.is_success:
        return part
    parts = [{"partNumber": 1, "etag": sha256(sample.data).hexdigest()}]
    return http.post(f"{url}/complete", json={"parts": parts}, headers=bearer(key))


def in_two_steps(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    """Declared, sent and completed."""
    declared = http.post(
        "/v3/assets/direct-uploads",
        json={"filename": sample.name, "content_type": sample.type, "size_bytes": len(sample.data)},
        headers=bearer(key),
    )
    if not declared.is_success:
        return declared
    slot = declared.json()["data"]
    sent = http.put(slot["upload_url"], content=sample.data, headers=slot["upload_headers"])
    return http.post(f"/v3/assets/{slot['asset_id']}/complete", headers=bearer(key)) if sent.is_success else sent


def put_after_initiate(http: httpx.Client, key: str, sample: Sample) -> httpx.Response:
    try:
        return fal_put(http, key, sample)
    except httpx.HTTPStatusError as error:
        return error.response


WAYS: dict[str, Send] = {
    "krea": krea,
    "heygen v1": heygen_v1,
    "heygen v1, chunked": chunked,
    "heygen v3": heygen_v3,
    "heygen v3, direct": in_two_steps,
    "fal": fal_upload,
    "fal, initiate": put_after_initiate,
    "fal, multipart": multipart,
    "fal, proxy": proxied,
    "native": native,
}


@pytest.fixture(scope="module")
def database(server: Serve) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("send", WAYS.values(), ids=WAYS)
def test_no_more_than_the_quota_is_stored(
    database: psycopg.Connection, client: httpx.Client, fresh: Account, stored: StoredData, send: Send
) -> None:
    before = stored.count(fresh)
    database.execute(
        "INSERT INTO workspace_quota (workspace_id, max_bytes) VALUES (%s, %s)",
        [fresh.workspace_id, ALLOWED * SIZE + SIZE // 2],
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        responses = list(pool.map(lambda _: send(client, fresh.key, picture()), range(AT_ONCE)))
    statuses = Counter(response.is_success for response in responses)
    assert statuses == {True: ALLOWED, False: AT_ONCE - ALLOWED}, [response.text for response in responses]
    assert all("workspace's quota of" in response.text for response in responses if not response.is_success)
    row = database.execute("SELECT bytes, assets FROM sum_usage(%s)", [fresh.workspace_id]).fetchone()
    assert row is not None
    after = stored.count(fresh)
    open_uploads = database.execute(OPEN_UPLOADS, [fresh.workspace_id]).fetchone()
    assert open_uploads is not None
    assert (row[0], row[1], after["blob"]) == (ALLOWED * SIZE, after["asset"], ALLOWED)
    assert after["stored"] - before["stored"] == ALLOWED + open_uploads[0]
    assert after["spooled"] == before["spooled"]
