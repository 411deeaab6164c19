"""Completion of batches by a worker beside the server."""

from collections.abc import Iterator

import httpx
import psycopg
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v3.endpoints import auth
from tests.dialects.heygen_v3.upload_sessions import COMPLETE_BATCH, PROGRESS, Json, declaration, presign_batch, put
from tests.dialects.idempotency import until
from tests.dialects.sizes import jpeg_of
from tests.server import Serve

PNG = declaration(samples.png())


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    with Serve(tmp_path_factory.mktemp("working") / "data", env={"MEDIATHEQUE_RUN_WORKER": "true"}) as running:
        yield running


@pytest.fixture(scope="module")
def work_stored(working: Serve) -> Iterator[StoredData]:
    with psycopg.connect(working.database_url, autocommit=True) as connection:
        yield StoredData(connection, working.data / "blobs")


@pytest.fixture
def http(working: Serve) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=working.url, timeout=30) as client:
        yield client


@pytest.fixture
def owner(working: Serve, work_stored: StoredData) -> Account:
    return work_stored.account(working.new_key())


def worked(http: httpx.Client, owner: Account, batch: Json) -> Json:
    """Complete the batch, and wait for the worker."""
    body = {"batch_id": batch["batch_id"]}
    assert COMPLETE_BATCH.send(http, owner.key, json=body).status_code == 202

    def found() -> Json:
        path = f"/v3/assets/batches/{batch['batch_id']}"
        data: Json = PROGRESS.send(http, owner.key, path=path).json()["data"]
        return data

    until(lambda: found()["status"] != "processing", 40)
    return found()


def test_worker_completes_each_item_separately(http: httpx.Client, owner: Account) -> None:
    """A missing and a mismatched file fail, the others become assets. The failed ones can be sent again."""
    wrong = declaration(samples.png(), "image/jpeg")
    batch = presign_batch(http, owner, PNG, PNG, wrong, declaration(samples.wav(), "audio/wav", "b.wav"))
    for index, data in ((0, samples.png()), (2, samples.png()), (3, samples.wav())):
        put(http, batch["items"][index], data)
    found = worked(http, owner, batch)
    assert [item["status"] for item in found["items"]] == ["completed", "failed", "failed", "completed"]
    assert (found["status"], found["counts_by_status"]) == ("completed", {"completed": 2, "failed": 2})
    assert "not arrived" in found["items"][1]["error"]["message"]
    assert "Content type" in found["items"][2]["error"]["message"]
    assert len(http.get("/v3/assets", headers=auth(owner.key)).json()["data"]) == 2
    put(http, batch["items"][1], samples.png())
    put(http, batch["items"][2], jpeg_of(len(samples.png())))
    again = worked(http, owner, batch)
    assert (again["status"], again["counts_by_status"]) == ("completed", {"completed": 4})
    shown = http.get(f"/v3/assets/{batch['items'][1]['asset_id']}", headers=auth(owner.key)).json()["data"]
    assert http.get(shown["url"]).content == samples.png()


def test_batch_without_bytes_fails(http: httpx.Client, owner: Account) -> None:
    found = worked(http, owner, presign_batch(http, owner, PNG, PNG))
    assert (found["status"], found["counts_by_status"]) == ("failed", {"failed": 2})
    assert http.get("/v3/assets", headers=auth(owner.key)).json()["data"] == []


def test_completed_items_are_not_repeated(http: httpx.Client, owner: Account, work_stored: StoredData) -> None:
    """Items that were completed before, individually or with the batch, are not processed again."""
    batch = presign_batch(http, owner, PNG, PNG)
    for slot in batch["items"]:
        put(http, slot, samples.png())
    path = f"/v3/assets/{batch['items'][0]['asset_id']}/complete"
    assert http.post(path, json={}, headers=auth(owner.key)).status_code == 200
    first = worked(http, owner, batch)
    assert first["counts_by_status"] == {"completed": 2}
    before = work_stored.count(owner)
    assert worked(http, owner, batch) == first
    assert (
        not work_stored.count(owner) - before
    )  # less is possible: bytes of the duplicate are deleted after the answer
    assert (before["asset"], before["file"], before["blob"]) == (2, 2, 1)
