"""A grown deployment: a PostgreSQL of one's own, a bucket for the bytes, two server processes."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import obstore
import psycopg
import pytest

from tests.durability.helpers import audit, endpoints, processes, wire
from tests.durability.helpers.endpoints import Refused
from tests.durability.helpers.error_shapes import says_unavailable
from tests.durability.helpers.processes import eventually
from tests.durability.helpers.uploaders import Uploading
from tests.postgres import database
from tests.seaweed import Seaweed
from tests.server import Serve

PART = 8 << 20
SOON = 20.0
ONCE = "committed-and-not-answered"


@pytest.fixture(scope="module")
def grown(postgres: str, seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Its first start finds an empty database."""
    name = f"grown_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    env = {"MEDIATHEQUE_DATABASE_URL": database(postgres, name), "MEDIATHEQUE_BLOBS_LOCATION": seaweed.url()}
    data = tmp_path_factory.mktemp("grown") / "data"
    with Serve(data, env=env, arguments=("--workers", "2")) as server:
        yield server
    assert not processes.family(data)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def http(grown: Serve) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=grown.url, timeout=30) as client:
        yield client


def test_every_door_to_the_bucket_and_back(grown: Serve, seaweed: Seaweed, http: httpx.Client) -> None:
    key = grown.key
    before = objects(grown, seaweed)
    for endpoint in endpoints.DOORS.values():
        endpoints.check(http, key, endpoint(http, key, endpoints.picture(20_000)))
    assert objects(grown, seaweed) - before == len(endpoints.DOORS)
    assert not list((grown.data / "incoming").iterdir())
    assert not (grown.data / "postgres").exists()


@pytest.mark.parametrize("size", [100_000, PART + 100_000])
def test_ranges_of_a_file_in_the_bucket(grown: Serve, http: httpx.Client, size: int) -> None:
    data = endpoints.picture(size)
    path = endpoints.krea(http, grown.key, data).path
    middle = http.get(path, headers={"range": "bytes=5000-9999"})
    assert (middle.status_code, middle.content) == (206, data[5000:10_000])
    assert middle.headers["content-range"] == f"bytes 5000-9999/{len(data)}"
    assert http.get(path, headers={"range": f"bytes={len(data) - 10}-"}).content == data[-10:]
    assert http.get(path, headers={"range": f"bytes={len(data)}-"}).status_code == 416
    head = http.head(path)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(data)), b"")
    assert http.get(path, headers={"if-none-match": head.headers["etag"]}).status_code == 304


def test_the_same_content_is_one_object(grown: Serve, seaweed: Seaweed, http: httpx.Client) -> None:
    data, before = endpoints.picture(20_000), objects(grown, seaweed)
    for endpoint in endpoints.DOORS.values():
        endpoints.check(http, grown.key, endpoint(http, grown.key, data))
    assert objects(grown, seaweed) == before + 1


def test_the_bucket_is_away_for_a_while(grown: Serve, seaweed: Seaweed, http: httpx.Client) -> None:
    key, known = grown.key, endpoints.picture(20_000)
    kept = {name: endpoint(http, key, known) for name, endpoint in endpoints.DOORS.items()}
    before = audit.rows(grown)
    seaweed.stop()
    try:
        for name, endpoint in endpoints.DOORS.items():
            assert_refused_soon(http, key, endpoint, endpoints.picture(20_000))
            assert_refused_soon(http, key, endpoint, known)
            assert says_unavailable(http.get(kept[name].path))
        assert says_unavailable(http.get("/readyz"))
        assert http.get(f"/assets/{kept['krea'].asset_id}", headers={"authorization": f"Bearer {key}"}).is_success
    finally:
        seaweed.start()
    assert audit.rows(grown) == before
    eventually(lambda: http.get("/readyz").is_success)
    for name, endpoint in endpoints.DOORS.items():
        endpoints.check(http, key, kept[name])
        endpoints.check(http, key, endpoint(http, key, endpoints.picture(PART + 1)))
    assert not list((grown.data / "incoming").iterdir())


def test_kills_lose_nothing_that_was_acknowledged(grown: Serve, http: httpx.Client) -> None:
    """First one worker, which is replaced while the other goes on; then the whole server, and nothing of it is left."""
    with Uploading(grown, grown.key) as uploading:
        uploading.go_on(8)
        victim, survivor = processes.workers(grown.data)
        processes.kill([victim.pid])
        uploading.go_on(8)
        eventually(lambda: len(set(processes.workers(grown.data)) - {victim, survivor}) == 1)
        assert survivor in processes.workers(grown.data)
        uploading.go_on(8)
        with answer_held_back(grown) as unanswered:
            grown.kill()
        eventually(lambda: not processes.family(grown.data), said=f"left behind: {processes.family(grown.data)}")
        grown.start()
        uploading.go_on(8)
    assert {refused.status for refused in uploading.refusals} <= {503}, uploading.refusals
    for promise in uploading.promises:
        endpoints.check(http, grown.key, promise)
    retried = endpoints.post_v3(http, grown.key, unanswered, ONCE)
    assert retried.headers["idempotent-replayed"] == "true"
    assert http.get(endpoints.local(retried.json()["data"]["url"])).content == unanswered
    assert audit.assets_of(grown, endpoints.sha256(unanswered)) == 1
    audit.expect_order(grown)


@contextmanager
def answer_held_back(grown: Serve) -> Iterator[bytes]:
    """While it lasts, an upload under the key `ONCE` is committed, and its answer is not on its way yet.

    After the commit the server gives back the key, unless that is concluded: a DELETE, which a trigger holds up.
    """
    picture = endpoints.picture(20_000)
    body = wire.form(picture)
    headers = {"x-api-key": grown.key, "idempotency-key": ONCE, "content-type": wire.FORM_TYPE}
    with psycopg.connect(grown.database_url, autocommit=True) as holder, wire.Connection(grown.port) as upload:
        holder.execute("SELECT pg_advisory_lock(1)")
        holder.execute(_HOLD_UP)
        upload.begin("POST", "/v3/assets", {**headers, "content-length": len(body)}).send(body)
        eventually(
            lambda: holder.execute("SELECT FROM idempotency WHERE key = %s AND status = 200", [ONCE]).fetchone() == ()
        )
        upload.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            upload.socket.recv(1)
        yield picture
        holder.execute("SELECT pg_advisory_unlock(1)")
        holder.execute("DROP FUNCTION hold_up CASCADE")


_HOLD_UP = """
    CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_lock(1); RETURN NULL; END $$;
    CREATE TRIGGER hold_up BEFORE DELETE ON idempotency FOR EACH STATEMENT EXECUTE FUNCTION hold_up();
"""


def assert_refused_soon(http: httpx.Client, key: str, endpoint: endpoints.Door, data: bytes) -> None:
    begun = time.monotonic()
    with pytest.raises(Refused) as refused:
        endpoint(http, key, data)
    assert says_unavailable(refused.value.answer), refused.value
    assert time.monotonic() - begun < SOON


def objects(grown: Serve, seaweed: Seaweed) -> int:
    """How many objects lie under the server's place in the bucket."""
    prefix = grown.env["MEDIATHEQUE_BLOBS_LOCATION"].partition("?")[0].rsplit("/", 1)[1]
    return sum(len(page) for page in obstore.list(seaweed.client(), prefix))
