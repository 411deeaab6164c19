"""Direct uploads with an S3 bucket: clients send the bytes to the bucket, where they are checked."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import obstore
import psycopg
import pytest

from mediatheque.blobs import BlobsConfig, open_store
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.records.database import Database, DatabaseConfig
from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v3.endpoints import auth, check_error
from tests.dialects.heygen_v3.upload_sessions import (
    COMPLETE_BATCH,
    PROGRESS,
    complete,
    declaration,
    presign,
    presign_batch,
    put,
    sha256,
)
from tests.dialects.idempotency import until
from tests.dialects.sizes import jpeg_of
from tests.seaweed import Seaweed
from tests.server import Serve

SIZE = 20_000


@pytest.fixture(scope="module")
def bucketed(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    env = {"MEDIATHEQUE_BLOBS_LOCATION": seaweed.url(), "MEDIATHEQUE_RUN_WORKER": "true"}
    with Serve(tmp_path_factory.mktemp("bucketed") / "data", env=env) as running:
        yield running


@pytest.fixture(scope="module")
def http(bucketed: Serve) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=bucketed.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def owner(bucketed: Serve) -> Iterator[Account]:
    with psycopg.connect(bucketed.database_url, autocommit=True) as connection:
        yield StoredData(connection, Path()).account(bucketed.new_key())


class Bucket:
    """The bucket's objects, read directly."""

    def __init__(self, seaweed: Seaweed, server: Serve) -> None:
        self.store = seaweed.client()
        self.prefix = urlsplit(server.env["MEDIATHEQUE_BLOBS_LOCATION"]).path.strip("/")

    def names(self, folder: str = "") -> set[str]:
        below = f"{self.prefix}/{folder}"
        return {found["path"] for page in obstore.list(self.store) for found in page if found["path"].startswith(below)}

    def put(self, name: str, data: bytes) -> None:
        obstore.put(self.store, name, data)


@pytest.fixture
def bucket(seaweed: Seaweed, bucketed: Serve) -> Bucket:
    return Bucket(seaweed, bucketed)


def test_bytes_are_sent_to_bucket_directly(
    http: httpx.Client, bucketed: Serve, seaweed: Seaweed, owner: Account
) -> None:
    data = samples.mp4()
    slot = presign(http, owner, data, "video/mp4", filename="film.mp4", checksum_sha256=sha256(data))
    assert slot["upload_url"].startswith(f"{seaweed.endpoint}/")
    assert set(slot["upload_headers"]) == {"content-type"}
    assert complete(http, owner, slot).status_code == 409
    assert httpx.put(slot["upload_url"], content=data, headers=slot["upload_headers"]).status_code == 200
    done = complete(http, owner, slot)
    assert done.status_code == 200, done.text
    assert done.json()["data"]["url"].startswith(f"{bucketed.url}/files/b/")
    assert http.get(done.json()["data"]["url"]).content == data
    assert complete(http, owner, slot).content == done.content
    requests = [json.loads(line) for line in bucketed.log().splitlines() if '"request"' in line]
    assert "PUT" not in {request.get("method") for request in requests}


def test_quarantined_bytes_are_not_served(http: httpx.Client, owner: Account, bucket: Bucket) -> None:
    before = bucket.names()
    slot = presign(http, owner, samples.png())
    assert put(http, slot, samples.png()).status_code == 200
    (arrived,) = bucket.names() - before
    assert arrived.startswith(f"{bucket.prefix}/quarantine/")
    id = arrived.rpartition("/")[2]
    assert http.get(f"/files/b/{id}/a.png", headers=auth(owner.key)).status_code == 404
    assert http.get(f"/v3/assets/{slot['asset_id']}", headers=auth(owner.key)).status_code == 404


def test_bytes_beyond_the_quota_are_deleted(
    http: httpx.Client, bucketed: Serve, owner: Account, bucket: Bucket
) -> None:
    """They are in the bucket before the server can refuse them."""
    data, before = samples.jpeg(seed=91), bucket.names()
    slot = presign(http, owner, data, "image/jpeg")
    assert put(http, slot, data).status_code == 200
    with psycopg.connect(bucketed.database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO workspace_quota (workspace_id, max_bytes) VALUES (%s, 1)", [owner.workspace_id])
        response = complete(http, owner, slot)
        connection.execute("DELETE FROM workspace_quota WHERE workspace_id = %s", [owner.workspace_id])
    assert response.status_code == 400
    check_error(response, "resource_limit_reached")
    assert bucket.names() == before
    assert put(http, slot, data).status_code == 200
    assert complete(http, owner, slot).status_code == 200


@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 1])
def test_wrong_size_is_refused(http: httpx.Client, owner: Account, bucket: Bucket, size: int) -> None:
    """The bucket refuses it, because the size is signed; bytes written directly are refused on completion."""
    slot = presign(http, owner, bytes(SIZE), "image/jpeg")
    before = bucket.names()
    assert put(http, slot, jpeg_of(size)).status_code == 403
    assert complete(http, owner, slot).status_code == 409
    bucket.put(_quarantined(bucket, slot), jpeg_of(size))
    for _ in range(2):
        response = complete(http, owner, slot)
        assert response.status_code == 400
        check_error(response, "invalid_parameter")
    assert bucket.names() - before == {_quarantined(bucket, slot)}
    assert put(http, slot, jpeg_of(SIZE)).status_code == 200
    assert complete(http, owner, slot).status_code == 200


def _quarantined(bucket: Bucket, slot: Any) -> str:
    return f"{bucket.prefix}/quarantine/{urlsplit(slot['upload_url']).path.rpartition('/')[2]}"


def test_later_put_does_not_change_asset(http: httpx.Client, owner: Account) -> None:
    """The URL stays valid for an hour, but the asset's bytes are a copy under another key."""
    slot = presign(http, owner, bytes(SIZE), "image/jpeg")
    put(http, slot, jpeg_of(SIZE))
    url = complete(http, owner, slot).json()["data"]["url"]
    other = jpeg_of(SIZE - 8) + b"changed!"
    assert put(http, slot, other).status_code == 200
    assert http.get(url).content == jpeg_of(SIZE)
    assert complete(http, owner, slot).status_code == 200
    assert http.get(url, headers={"Range": "bytes=-8"}).content == jpeg_of(SIZE)[-8:]


def test_mismatched_bytes_are_refused_and_deleted(http: httpx.Client, owner: Account, bucket: Bucket) -> None:
    """Completion is refused each time until other bytes are sent; the refused bytes are deleted."""
    before = bucket.names()
    for wish, wrong in (({}, samples.text().ljust(SIZE)), ({"checksum_sha256": sha256(jpeg_of(SIZE))}, bytes(SIZE))):
        slot = presign(http, owner, bytes(SIZE), "image/jpeg", **wish)
        assert put(http, slot, wrong).status_code == 200
        first, second = complete(http, owner, slot), complete(http, owner, slot)
        assert (first.status_code, second.status_code) == (400, 400)
        assert first.json()["error"]["message"] == second.json()["error"]["message"]
        assert bucket.names() == before
        assert put(http, slot, jpeg_of(SIZE)).status_code == 200
        assert complete(http, owner, slot).status_code == 200
        before = bucket.names()


def test_concurrent_completions_make_one_asset(http: httpx.Client, owner: Account, bucket: Bucket) -> None:
    """The bucket has one copy besides the sent object."""
    data, before = samples.png(seed=71), bucket.names()
    slot = presign(http, owner, data)
    put(http, slot, data)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: complete(http, owner, slot), range(6)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert http.get(answers[0].json()["data"]["url"]).content == data
    assert len(bucket.names() - before) == 2


def test_batch_is_completed_from_bucket(http: httpx.Client, seaweed: Seaweed, owner: Account) -> None:
    files = [
        declaration(samples.png(seed=72)),
        declaration(samples.wav(), "audio/wav"),
        declaration(samples.png(seed=73)),
    ]
    batch = presign_batch(http, owner, *files)
    assert all(slot["upload_url"].startswith(seaweed.endpoint) for slot in batch["items"])
    put(http, batch["items"][0], samples.png(seed=72))
    put(http, batch["items"][1], samples.wav())
    assert COMPLETE_BATCH.send(http, owner.key, json={"batch_id": batch["batch_id"]}).status_code == 202

    def found() -> list[str]:
        path = f"/v3/assets/batches/{batch['batch_id']}"
        return [item["status"] for item in PROGRESS.send(http, owner.key, path=path).json()["data"]["items"]]

    until(lambda: "processing" not in found(), 40)
    assert found() == ["completed", "completed", "failed"]


async def test_collection_empties_quarantine(
    http: httpx.Client, bucketed: Serve, owner: Account, bucket: Bucket, tmp_path: Path
) -> None:
    """Objects of completed and of abandoned uploads are deleted; assets keep their bytes."""
    kept, left = (presign(http, owner, samples.png(seed=74)) for _ in range(2))
    for slot in (kept, left):
        put(http, slot, samples.png(seed=74))
    url = complete(http, owner, kept).json()["data"]["url"]
    assert {_quarantined(bucket, slot) for slot in (kept, left)} <= bucket.names("quarantine/")
    store = open_store(BlobsConfig(location=bucketed.env["MEDIATHEQUE_BLOBS_LOCATION"], spool=tmp_path))
    async with Database(DatabaseConfig(url=bucketed.database_url, pool_min=2, pool_max=2)) as database:
        async with database.connection() as conn:
            await conn.execute("UPDATE upload SET expires_at = now() - interval '1 day'")
        await GarbageCollector(database, store, timedelta(hours=1)).run()
    await store.close()
    assert bucket.names("quarantine/") == set()
    assert http.get(url).content == samples.png(seed=74)
    assert complete(http, owner, left).status_code == 404
