"""Batches of direct uploads: targets for up to a hundred files, and their progress."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v3.endpoints import UPLOAD, auth, check_error
from tests.dialects.heygen_v3.upload_sessions import (
    COMPLETE_BATCH,
    PRESIGN_BATCH,
    PROGRESS,
    SLOT,
    STATUSES,
    Json,
    complete,
    declaration,
    presign,
    presign_batch,
    put,
)
from tests.dialects.idempotency import new_key

PNG, WAV = declaration(samples.png()), declaration(samples.wav(), "audio/wav", "b.wav")


def progress(client: httpx.Client, account: Account, id: str, **params: Any) -> Json:
    response = PROGRESS.send(client, account.key, path=f"/v3/assets/batches/{id}", params=params)
    assert response.status_code == 200, response.text
    data: Json = response.json()["data"]
    return data


def statuses(client: httpx.Client, account: Account, **params: Any) -> Json:
    response = STATUSES.send(client, account.key, params=params)
    assert response.status_code == 200, response.text
    body: Json = response.json()
    assert list(body) == ["data", "has_more", "next_token"]
    return body


def test_batch_presign_returns_targets_in_order(client: httpx.Client, account: Account) -> None:
    """`callback_url` is accepted, but nothing is sent to it."""
    body = {"files": [PNG, WAV, PNG], "title": "three", "callback_url": "http://127.0.0.1:9/", "later": 1}
    response = PRESIGN_BATCH.send(client, account.key, json=body)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert list(response.json()) == ["data"]
    batch = response.json()["data"]
    assert list(batch) == ["batch_id", "items"]
    assert UUID(hex=batch["batch_id"]).hex == batch["batch_id"]
    assert [list(slot) for slot in batch["items"]] == [SLOT] * 3
    types = [slot["upload_headers"]["content-type"] for slot in batch["items"]]
    assert types == ["image/png", "audio/wav", "image/png"]
    assert len({slot["asset_id"] for slot in batch["items"]}) == 3
    assert len({slot["upload_url"] for slot in batch["items"]}) == 3


def test_progress_counts_items_by_status(client: httpx.Client, account: Account) -> None:
    batch = presign_batch(client, account, PNG, WAV, title="two")
    found = progress(client, account, batch["batch_id"])
    assert abs(datetime.now(UTC) - datetime.fromtimestamp(found.pop("created_at"), UTC)) < timedelta(minutes=1)
    assert found == {
        "batch_id": batch["batch_id"],
        "status": "processing",
        "total_items": 2,
        "counts_by_status": {"queued": 2},
        "items": [
            {"item_index": index, "status": "queued", "video_id": slot["asset_id"]}
            for index, slot in enumerate(batch["items"])
        ],
        "has_more": False,
        "next_token": None,
        "title": "two",
    }
    assert "title" not in progress(client, account, presign_batch(client, account, PNG)["batch_id"])


def test_progress_of_100_files_is_paged(client: httpx.Client, account: Account, stored: StoredData) -> None:
    files = [declaration(samples.png(), filename=f"{number}.png") for number in range(100)]
    before = stored.count(account)
    batch = presign_batch(client, account, *files)
    assert stored.count(account)["upload"] == before["upload"] + 100
    ids = [slot["asset_id"] for slot in batch["items"]]
    whole = progress(client, account, batch["batch_id"])
    assert [item["video_id"] for item in whole["items"]] == ids
    assert (whole["has_more"], whole["next_token"]) == (False, None)
    pages, token = [], None
    while token is not None or not pages:
        page = progress(client, account, batch["batch_id"], limit=33, **({"token": token} if token else {}))
        pages.append(page["items"])
        token = page["next_token"]
        assert page["has_more"] == (token is not None)
        assert (page["total_items"], page["counts_by_status"]) == (100, {"queued": 100})
    assert [len(items) for items in pages] == [33, 33, 33, 1]
    assert [item for items in pages for item in items] == whole["items"]
    one = complete(client, account, batch["items"][99])
    assert one.status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"files": None},
        {"files": []},
        {"files": {}},
        {"files": [PNG] * 101},
        {"files": [PNG, {}]},
        {"files": [PNG, None]},
        {"files": [PNG, {**PNG, "size_bytes": 0}]},
        {"files": [PNG, {**PNG, "content_type": "image/gif"}]},
        {"files": [{**PNG, "checksum_sha256": "x"}, PNG]},
        {"files": [PNG] * 99 + [{**PNG, "size_bytes": 200 * 1024 * 1024 + 1}]},
        {"files": [PNG], "title": "x" * 256},
        {"files": [PNG], "title": "a\0"},
        {"files": [PNG], "callback_url": 1},
    ],
    ids=lambda body: str(body)[:24] + str(body)[-24:],
)
def test_one_invalid_file_refuses_the_batch(
    client: httpx.Client, account: Account, stored: StoredData, body: dict[str, Any]
) -> None:
    before = stored.count(account)
    response = PRESIGN_BATCH.send(client, account.key, json=body)
    assert response.status_code == 400, response.text
    assert response.json()["error"]["code"] == "invalid_parameter"
    stored.expect_counts(account, before)
    query = "SELECT count(*) FROM upload_batch b WHERE NOT EXISTS (SELECT FROM upload WHERE batch_id = b.id)"
    assert stored.database.execute(query).fetchone() == (0,)


def test_idempotency_key_replays_batch(client: httpx.Client, account: Account, stored: StoredData) -> None:
    headers = {"Idempotency-Key": new_key()}
    first = PRESIGN_BATCH.send(client, account.key, json={"files": [PNG, WAV]}, headers=headers)
    before = stored.count(account)
    again = PRESIGN_BATCH.send(client, account.key, json={"files": [PNG]}, headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    stored.expect_counts(account, before)


def test_item_can_be_completed_individually(client: httpx.Client, account: Account) -> None:
    batch = presign_batch(client, account, PNG, PNG)
    put(client, batch["items"][1], samples.png())
    assert complete(client, account, batch["items"][1]).status_code == 200
    found = progress(client, account, batch["batch_id"])
    assert [item["status"] for item in found["items"]] == ["queued", "completed"]
    assert (found["status"], found["counts_by_status"]) == ("processing", {"queued": 1, "completed": 1})


def test_batch_completion_defers_one_task_per_item(client: httpx.Client, account: Account, stored: StoredData) -> None:
    """This server has no worker, so items stay in processing. A repeated call adds no tasks."""
    batch = presign_batch(client, account, PNG, WAV)
    body = {"batch_id": batch["batch_id"]}
    for _ in range(2):
        response = COMPLETE_BATCH.send(client, account.key, json=body)
        assert (response.status_code, response.json()) == (202, {"data": body})
    found = progress(client, account, batch["batch_id"])
    assert (found["status"], found["counts_by_status"]) == ("processing", {"processing": 2})
    query = """SELECT count(*) FROM procrastinate_jobs j JOIN upload u ON u.id::text = j.args ->> 'upload_id'
               WHERE u.batch_id = %s"""
    assert stored.database.execute(query, [batch["batch_id"]]).fetchone() == (2,)


def test_foreign_and_unknown_batches_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    """Batches of another workspace look unknown."""
    id = presign_batch(client, account, PNG)["batch_id"]
    for ask in (
        lambda who, id: PROGRESS.send(client, who.key, path=f"/v3/assets/batches/{id}"),
        lambda who, id: COMPLETE_BATCH.send(client, who.key, json={"batch_id": id}),
    ):
        answers = [ask(fresh, id), ask(account, uuid4().hex), ask(account, "nonsense"), ask(account, "x" * 90)]
        for answer in answers:
            assert answer.status_code == 404
            check_error(answer, "not_found")
        assert len({answer.content for answer in answers}) == 1
    for id in ("x" * 101, 1, None):  # type: ignore[assignment] # what a client may send all the same
        assert COMPLETE_BATCH.send(client, account.key, json={"batch_id": id}).status_code == 400


@pytest.mark.parametrize(
    "params",
    [{"limit": "0"}, {"limit": "101"}, {"limit": "-1"}, {"limit": "x"}, {"limit": ""}, {"token": "x"}, {"token": "é"}],
    ids=str,
)
def test_invalid_page_is_refused(client: httpx.Client, account: Account, params: dict[str, str]) -> None:
    path = f"/v3/assets/batches/{presign_batch(client, account, PNG)['batch_id']}"
    for response in (
        PROGRESS.send(client, account.key, path=path, params=params),
        STATUSES.send(client, account.key, params={"asset_ids": uuid4().hex, **params}),
    ):
        assert response.status_code == 400, response.text
        assert response.json()["error"]["param"] == next(iter(params))


def test_expired_items_fail(client: httpx.Client, account: Account, stored: StoredData) -> None:
    """The batch has failed when all items have."""
    batch = presign_batch(client, account, PNG, PNG)
    query = "UPDATE upload SET expires_at = now() - interval '1 second' WHERE batch_id = %s"
    stored.database.execute(query, [batch["batch_id"]])
    found = progress(client, account, batch["batch_id"])
    assert (found["status"], found["counts_by_status"]) == ("failed", {"failed": 2})
    for item in found["items"]:
        assert list(item) == ["item_index", "status", "video_id", "error"]
        assert list(item["error"]) == ["code", "message"]


class TestStatuses:
    """GET /v3/assets/statuses."""

    def test_statuses_are_in_requested_order(self, client: httpx.Client, account: Account, fresh: Account) -> None:
        """Uploads in each state, assets without an upload, unknown and foreign ids."""
        whole = UPLOAD.upload(client, account.key, samples.png()).json()["data"]["asset_id"]
        slot = presign(client, account, samples.png())
        theirs = presign(client, fresh, samples.png())["asset_id"]
        unknown = uuid4().hex
        batch = presign_batch(client, account, PNG, WAV)
        put(client, batch["items"][0], samples.png())
        complete(client, account, batch["items"][0])
        first, second = (item["asset_id"] for item in batch["items"])
        asked = [unknown, second, whole, "nonsense", theirs, slot["asset_id"]]
        both = ["nothing", batch["batch_id"]]
        found = statuses(client, account, asset_ids=",".join(asked), batch_ids=", ".join(both))
        of_batch = {"batch_id": batch["batch_id"]}
        assert found == {
            "data": [
                {"status": "not_found", "video_id": unknown},
                {"item_index": 1, "status": "queued", "video_id": second, **of_batch},
                {"status": "completed", "video_id": whole},
                {"status": "not_found", "video_id": "nonsense"},
                {"status": "not_found", "video_id": theirs},
                {"item_index": None, "status": "queued", "video_id": slot["asset_id"]},
                {"status": "not_found", "video_id": None, "batch_id": "nothing"},
                {"item_index": 0, "status": "completed", "video_id": first, **of_batch},
                {"item_index": 1, "status": "queued", "video_id": second, **of_batch},
            ],
            "has_more": False,
            "next_token": None,
        }

    def test_statuses_are_paged(self, client: httpx.Client, account: Account) -> None:
        batches = [presign_batch(client, account, PNG, WAV, PNG)["batch_id"] for _ in range(3)]
        asked = {"asset_ids": ",".join(uuid4().hex for _ in range(4)), "batch_ids": ",".join(batches)}
        whole = statuses(client, account, **asked)["data"]
        assert len(whole) == 13
        pages, token = [], ""
        while token is not None:
            page = statuses(client, account, **asked, limit=5, token=token)
            pages += page["data"]
            token = page["next_token"]
            assert page["has_more"] == (token is not None)
        assert pages == whole

    def test_deleted_asset_is_not_found(self, client: httpx.Client, account: Account) -> None:
        slot = presign(client, account, samples.png())
        put(client, slot, samples.png())
        complete(client, account, slot)
        assert statuses(client, account, asset_ids=slot["asset_id"])["data"][0]["status"] == "completed"
        client.delete(f"/v3/assets/{slot['asset_id']}", headers=auth(account.key))
        found = statuses(client, account, asset_ids=slot["asset_id"])["data"]
        assert found == [{"status": "not_found", "video_id": slot["asset_id"]}]

    def test_refused_upload_shows_its_error(self, client: httpx.Client, account: Account) -> None:
        slot = presign(client, account, samples.png())
        put(client, slot, b"x" * len(samples.png()))
        complete(client, account, slot)
        (found,) = statuses(client, account, asset_ids=slot["asset_id"])["data"]
        assert (found["status"], list(found["error"])) == ("failed", ["code", "message"])

    @pytest.mark.parametrize("params", [{}, {"asset_ids": ""}, {"asset_ids": ", ,"}, {"batch_ids": ""}], ids=str)
    def test_empty_query_is_refused(self, client: httpx.Client, account: Account, params: dict[str, str]) -> None:
        assert STATUSES.send(client, account.key, params=params).status_code == 400

    def test_more_than_100_ids_are_refused(self, client: httpx.Client, account: Account) -> None:
        ids = ",".join(uuid4().hex for _ in range(100))
        assert len(statuses(client, account, asset_ids=ids)["data"]) == 100
        response = STATUSES.send(client, account.key, params={"asset_ids": ids, "batch_ids": uuid4().hex})
        assert response.status_code == 400
        check_error(response, "invalid_parameter")
