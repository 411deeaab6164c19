"""The Idempotency-Key of POST /v3/assets, as the vendor's document specifies it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal import endpoints as fal
from tests.dialects.heygen_v3.endpoints import UPLOAD, auth
from tests.dialects.idempotency import assets, held, in_flight, new_key, until, warnings_of
from tests.dialects.wire import sockets
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form
from tests.server import Serve

REUSED = "idempotency_key_reused_for_different_upload"


def post(
    client: httpx.Client, account: Account, key: str | bytes, data: bytes | None = None, **more: str
) -> httpx.Response:
    body = form(file_part(samples.png() if data is None else data))
    headers = {**auth(account.key), "Content-Type": CONTENT_TYPE, "Idempotency-Key": key, **more}
    return client.post("/v3/assets", content=body, headers=headers)  # type: ignore[arg-type] # bytes are headers too


def slow_head(account: Account, key: str, length: int) -> bytes:
    headers = {**auth(account.key), "Content-Type": CONTENT_TYPE, "Idempotency-Key": key}
    return sockets.head("POST", "/v3/assets", headers, length)


def test_same_key_replays_response(client: httpx.Client, server: Serve, fresh: Account, stored: StoredData) -> None:
    key = new_key()
    first, second = post(client, fresh, key), post(client, fresh, key)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    assert second.headers["content-type"] == "application/json"
    assert (first.headers.get("idempotent-replayed"), second.headers["idempotent-replayed"]) == (None, "true")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert assets(stored, fresh) == 1
    assert warnings_of(server, second.headers["x-request-id"]) == []


@pytest.mark.parametrize(
    "other",
    [
        form(file_part(samples.png(seed=33))),
        form(file_part(samples.mp4())),
        form(file_part(b"")),
        form(file_part(samples.html())),
        form(),
        b"no form at all",
        b"",
        form(file_part(bytes(33 * 1024 * 1024))),
    ],
    ids=[
        "another file",
        "another type",
        "an empty file",
        "an unwanted type",
        "no file",
        "no form",
        "nothing",
        "too much",
    ],
)
def test_different_body_replays_response_and_warns(
    client: httpx.Client, server: Serve, fresh: Account, stored: StoredData, other: bytes
) -> None:
    key = new_key()
    first = post(client, fresh, key)
    before = stored.count(fresh)
    headers = {**auth(fresh.key), "Content-Type": CONTENT_TYPE, "Idempotency-Key": key}
    second = client.post("/v3/assets", content=other, headers=headers)
    assert (second.status_code, second.content) == (200, first.content)
    assert warnings_of(server, second.headers["x-request-id"]) == [REUSED]
    stored.expect_counts(fresh, before)


@pytest.mark.parametrize(
    "key", ["a", "-", "." * 255, "A:z_0-9.", "550e8400-e29b-41d4-a716-446655440000"], ids=lambda key: key[:12]
)
def test_valid_key_is_accepted(client: httpx.Client, fresh: Account, key: str) -> None:
    assert post(client, fresh, key).status_code == 200


@pytest.mark.parametrize(
    "key",
    ["", "a" * 256, "a" * 4000, "a b", "a/b", '"quoted"', "a,b", "a=b", "a+b", "*", "{}", b"\xc3\xa9", b"\xff", "a\tb"],
    ids=lambda key: repr(key[:12]),
)
def test_invalid_key_is_refused(client: httpx.Client, fresh: Account, stored: StoredData, key: str | bytes) -> None:
    response = post(client, fresh, key)
    assert response.status_code == 400
    UPLOAD.check_error(response, "invalid_parameter")
    assert response.json()["error"]["param"] == "Idempotency-Key"
    assert not stored.count(fresh)["idempotency"] + assets(stored, fresh)


def test_request_during_original_is_a_conflict(
    client: httpx.Client, server: Serve, fresh: Account, stored: StoredData
) -> None:
    key, body = new_key(), form(file_part(samples.png()))
    with in_flight(server, stored, slow_head(fresh, key, len(body)), body[:200], key) as connection:
        early = post(client, fresh, key)
        assert early.status_code == 409
        UPLOAD.check_error(early, "request_in_progress")
        assert UPLOAD.spec
        UPLOAD.spec.check(early)
        assert int(early.headers["retry-after"]) >= 1
        assert post(client, fresh, new_key()).status_code == 200
        connection.sendall(body[200:])
        original = sockets.read(connection)
    assert original
    assert original.status_code == 200
    assert post(client, fresh, key).content == original.content
    assert assets(stored, fresh) == 2


def test_concurrent_requests_make_one_asset(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    key, start = new_key(), Barrier(8)

    def send(_: int) -> httpx.Response:
        start.wait()
        return post(client, fresh, key, samples.jpeg(640, 480))

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(8)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    for answer in answers:
        if answer.status_code == 409:
            UPLOAD.check_error(answer, "request_in_progress")
    assert (assets(stored, fresh), stored.count(fresh)["file"]) == (1, 1)


@pytest.mark.parametrize("bad", [b"", samples.html(), samples.truncated_png()], ids=["empty", "html", "damaged"])
def test_refused_request_frees_its_key(client: httpx.Client, fresh: Account, stored: StoredData, bad: bytes) -> None:
    key = new_key()
    assert post(client, fresh, key, bad).status_code == 400
    assert stored.count(fresh)["idempotency"] == 0
    assert post(client, fresh, key).status_code == 200
    assert assets(stored, fresh) == 1


def test_client_disconnect_frees_its_key(
    client: httpx.Client, server: Serve, fresh: Account, stored: StoredData
) -> None:
    key, body = new_key(), form(file_part(samples.png()))
    with in_flight(server, stored, slow_head(fresh, key, len(body)), body[:200], key):
        pass
    until(lambda: not held(stored, key))
    assert post(client, fresh, key).status_code == 200
    assert assets(stored, fresh) == 1


def test_forbidden_request_does_not_claim_key(client: httpx.Client, reader: Account, stored: StoredData) -> None:
    assert post(client, reader, new_key()).status_code == 403
    assert stored.count(reader)["idempotency"] == 0


def test_key_is_scoped_to_route_and_workspace(
    client: httpx.Client, server: Serve, account: Account, admin: Account, fresh: Account
) -> None:
    """`admin` is another key of the same workspace, which the vendor's account is here."""
    key = new_key()
    bodies = [post(client, who, key).json()["data"]["asset_id"] for who in (account, admin, fresh)]
    assert bodies[0] == bodies[1] != bodies[2]
    uploaded = fal.UPLOAD.send(client, account.key, content=samples.png(), headers={"Content-Type": "image/png"})
    registration = {"url": uploaded.json()["access_url"], "type": "image"}
    registered = fal.REGISTER.send(client, account.key, json=registration, headers={"Idempotency-Key": key})
    assert registered.status_code == 201, registered.text


def test_other_operations_ignore_idempotency_key(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    headers = {"Authorization": f"Bearer {fresh.key}", "Idempotency-Key": new_key()}
    ids = {client.post("/assets", files={"file": samples.png()}, headers=headers).json()["id"] for _ in range(2)}
    assert len(ids) == 2
    assert stored.count(fresh)["idempotency"] == 0


class TestTime:
    """Simulate elapsed time by moving the row's timestamps back."""

    def test_key_expires_after_a_day(self, client: httpx.Client, fresh: Account, stored: StoredData) -> None:
        key = new_key()
        first = post(client, fresh, key)
        self.age(stored, key, "23 hours 55 minutes")
        assert post(client, fresh, key).content == first.content
        self.age(stored, key, "10 minutes")
        later = post(client, fresh, key, samples.jpeg())
        assert later.status_code == 200
        assert later.json()["data"]["mime_type"] == "image/jpeg"
        assert post(client, fresh, key).content == later.content
        assert assets(stored, fresh) == 2

    def test_abandoned_key_is_held_until_lease_ends(
        self, client: httpx.Client, fresh: Account, stored: StoredData
    ) -> None:
        key = new_key()
        stored.database.execute(
            "INSERT INTO idempotency (key_id, operation, key, attempt, lease_until)"
            " VALUES (%s, 'POST /v3/assets', %s, %s, now() + interval '1 minute')",
            [fresh.key_id, key, uuid4()],
        )
        early = post(client, fresh, key)
        assert early.status_code == 409
        UPLOAD.check_error(early, "request_in_progress")
        self.end_lease(stored, key)
        assert post(client, fresh, key).status_code == 200
        assert assets(stored, fresh) == 1

    def test_lease_lasts_at_most_a_minute(self, server: Serve, fresh: Account, stored: StoredData) -> None:
        key, body = new_key(), form(file_part(samples.png()))
        with in_flight(server, stored, slow_head(fresh, key, len(body)), body[:200], key):
            query = "SELECT lease_until - now() <= interval '1 minute' FROM idempotency WHERE key = %s"
            row = stored.database.execute(query, [key]).fetchone()
        assert row == (True,)
        until(lambda: not held(stored, key))

    def test_resumed_request_finds_key_taken(
        self, client: httpx.Client, server: Serve, fresh: Account, stored: StoredData
    ) -> None:
        key, body = new_key(), form(file_part(samples.png(seed=5)))
        with in_flight(server, stored, slow_head(fresh, key, len(body)), body[:200], key) as connection:

            def taken_over() -> bool:  # the request still renews its lease, now and then
                self.end_lease(stored, key)
                return post(client, fresh, key, samples.jpeg()).status_code == 200

            until(taken_over)
            before = stored.count(fresh)
            connection.sendall(body[200:])
            late = sockets.read(connection)
        assert late
        assert late.status_code == 409
        UPLOAD.check_error(late, "conflict")
        before["spooled"] = 0
        stored.expect_counts(fresh, +before)
        assert assets(stored, fresh) == 1
        assert post(client, fresh, key).json()["data"]["mime_type"] == "image/jpeg"

    def age(self, stored: StoredData, key: str, by: str) -> None:
        stored.database.execute(
            "UPDATE idempotency SET created_at = created_at - %s::interval WHERE key = %s", [by, key]
        )

    def end_lease(self, stored: StoredData, key: str) -> None:
        stored.database.execute(
            "UPDATE idempotency SET lease_until = now() - interval '1 second' WHERE key = %s", [key]
        )
