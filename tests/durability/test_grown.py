"""A larger deployment: an external PostgreSQL, an S3 bucket, two server processes."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import obstore
import psycopg
import pytest

from tests.durability.helpers import audit, endpoints, processes, wire
from tests.durability.helpers.endpoints import NotAcknowledged
from tests.durability.helpers.error_shapes import is_unavailable
from tests.durability.helpers.processes import eventually
from tests.durability.helpers.uploaders import ContinuousUploads
from tests.postgres import database
from tests.seaweed import Seaweed
from tests.server import Serve

PART_BYTES = 8 << 20
MAX_ERROR_SECONDS = 20.0
IDEMPOTENCY_KEY = "committed-and-not-answered"


@pytest.fixture(scope="module")
def grown(postgres: str, seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A server whose first start finds an empty database."""
    name = f"grown_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    env = {"MEDIATHEQUE_DATABASE_URL": database(postgres, name), "MEDIATHEQUE_BLOBS_LOCATION": seaweed.url()}
    data = tmp_path_factory.mktemp("grown") / "data"
    with Serve(data, env=env, arguments=("--workers", "2")) as server:
        yield server
    assert not processes.server_processes(data)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def http(grown: Serve) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=grown.url, timeout=30) as client:
        yield client


def test_every_endpoint_stores_in_bucket_and_serves_from_it(grown: Serve, seaweed: Seaweed, http: httpx.Client) -> None:
    key = grown.key
    before = count_objects(grown, seaweed)
    for endpoint in endpoints.ENDPOINTS.values():
        endpoints.check(http, key, endpoint(http, key, endpoints.new_jpeg(20_000)))
    assert count_objects(grown, seaweed) - before == len(endpoints.ENDPOINTS)
    assert not list((grown.data / "incoming").iterdir())
    assert not (grown.data / "postgres").exists()


@pytest.mark.parametrize("size", [100_000, PART_BYTES + 100_000])
def test_ranges_are_served_from_bucket(grown: Serve, http: httpx.Client, size: int) -> None:
    data = endpoints.new_jpeg(size)
    path = endpoints.krea(http, grown.key, data).path
    middle = http.get(path, headers={"range": "bytes=5000-9999"})
    assert (middle.status_code, middle.content) == (206, data[5000:10_000])
    assert middle.headers["content-range"] == f"bytes 5000-9999/{len(data)}"
    assert http.get(path, headers={"range": f"bytes={len(data) - 10}-"}).content == data[-10:]
    assert http.get(path, headers={"range": f"bytes={len(data)}-"}).status_code == 416
    head = http.head(path)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(data)), b"")
    assert http.get(path, headers={"if-none-match": head.headers["etag"]}).status_code == 304


def test_same_content_through_all_endpoints_is_one_object(grown: Serve, seaweed: Seaweed, http: httpx.Client) -> None:
    data, before = endpoints.new_jpeg(20_000), count_objects(grown, seaweed)
    for endpoint in endpoints.ENDPOINTS.values():
        endpoints.check(http, grown.key, endpoint(http, grown.key, data))
    assert count_objects(grown, seaweed) == before + 1


def test_unavailable_bucket_gets_503_until_it_is_back(grown: Serve, seaweed: Seaweed, http: httpx.Client) -> None:
    key, known = grown.key, endpoints.new_jpeg(20_000)
    stored = {name: endpoint(http, key, known) for name, endpoint in endpoints.ENDPOINTS.items()}
    before = audit.rows(grown)
    seaweed.stop()
    try:
        for name, endpoint in endpoints.ENDPOINTS.items():
            assert_unavailable_soon(http, key, endpoint, endpoints.new_jpeg(20_000))
            assert_unavailable_soon(http, key, endpoint, known)
            assert is_unavailable(http.get(stored[name].path))
        assert is_unavailable(http.get("/readyz"))
        assert http.get(f"/assets/{stored['krea'].asset_id}", headers={"authorization": f"Bearer {key}"}).is_success
    finally:
        seaweed.start()
    assert audit.rows(grown) == before
    eventually(lambda: http.get("/readyz").is_success)
    for name, endpoint in endpoints.ENDPOINTS.items():
        endpoints.check(http, key, stored[name])
        endpoints.check(http, key, endpoint(http, key, endpoints.new_jpeg(PART_BYTES + 1)))
    assert not list((grown.data / "incoming").iterdir())


def test_acknowledged_uploads_survive_kills(grown: Serve, http: httpx.Client) -> None:
    """Kill one server process, which is replaced while the other serves; then kill the whole server."""
    with ContinuousUploads(grown, grown.key) as uploading:
        uploading.wait_for_more(8)
        killed, survivor = processes.workers(grown.data)
        processes.kill([killed.pid])
        uploading.wait_for_more(8)
        eventually(lambda: len(set(processes.workers(grown.data)) - {killed, survivor}) == 1)
        assert survivor in processes.workers(grown.data)
        uploading.wait_for_more(8)
        with delayed_response(grown) as unanswered:
            grown.kill()
        eventually(
            lambda: not processes.server_processes(grown.data),
            message=f"left behind: {processes.server_processes(grown.data)}",
        )
        grown.start()
        uploading.wait_for_more(8)
    assert {refused.status for refused in uploading.failures} <= {503}, uploading.failures
    for upload in uploading.acknowledged:
        endpoints.check(http, grown.key, upload)
    retried = endpoints.post_v3(http, grown.key, unanswered, IDEMPOTENCY_KEY)
    assert retried.headers["idempotent-replayed"] == "true"
    assert http.get(endpoints.local(retried.json()["data"]["url"])).content == unanswered
    assert audit.assets_of(grown, endpoints.sha256(unanswered)) == 1
    audit.assert_verify_finds_nothing(grown)


@contextmanager
def delayed_response(grown: Serve) -> Iterator[bytes]:
    """Within the block, an upload with `IDEMPOTENCY_KEY` is committed and its response is not yet sent.

    After the commit the server runs a DELETE for claims without a stored reply; a trigger blocks it.
    """
    new_jpeg = endpoints.new_jpeg(20_000)
    body = wire.form(new_jpeg)
    headers = {"x-api-key": grown.key, "idempotency-key": IDEMPOTENCY_KEY, "content-type": wire.FORM_TYPE}
    with psycopg.connect(grown.database_url, autocommit=True) as holder, wire.Connection(grown.port) as upload:
        holder.execute("SELECT pg_advisory_lock(1)")
        holder.execute(_BLOCK_DELETE)
        upload.begin("POST", "/v3/assets", {**headers, "content-length": len(body)}).send(body)
        eventually(
            lambda: (
                holder.execute("SELECT FROM idempotency WHERE key = %s AND status = 200", [IDEMPOTENCY_KEY]).fetchone()
                == ()
            )
        )
        upload.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            upload.socket.recv(1)
        yield new_jpeg
        holder.execute("SELECT pg_advisory_unlock(1)")
        holder.execute("DROP FUNCTION hold_up CASCADE")


_BLOCK_DELETE = """
    CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_lock(1); RETURN NULL; END $$;
    CREATE TRIGGER hold_up BEFORE DELETE ON idempotency FOR EACH STATEMENT EXECUTE FUNCTION hold_up();
"""


def assert_unavailable_soon(http: httpx.Client, key: str, endpoint: endpoints.UploadTo, data: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(NotAcknowledged) as refused:
        endpoint(http, key, data)
    assert is_unavailable(refused.value.response), refused.value
    assert time.monotonic() - started < MAX_ERROR_SECONDS


def count_objects(grown: Serve, seaweed: Seaweed) -> int:
    """Count the objects under the server's prefix in the bucket."""
    prefix = grown.env["MEDIATHEQUE_BLOBS_LOCATION"].partition("?")[0].rsplit("/", 1)[1]
    return sum(len(page) for page in obstore.list(seaweed.client(), prefix))
