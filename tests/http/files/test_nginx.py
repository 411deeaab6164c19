"""nginx sends the files (`X-Accel-Redirect`), with the configuration that `deploy/` has; the server decides who may."""

import io
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import psycopg
import pytest
from PIL import Image

from mediatheque.http.files.local_reads import MAX_CACHED_READ
from tests import samples
from tests.nginx import ACCEL_REDIRECT, DEPLOY, Nginx, find_nginx
from tests.seaweed import Seaweed
from tests.server import Serve

PAGE = DEPLOY.parent / "docs" / "operations" / "deploy.md"
ORIGINS = ("https://app.example", "https://other.example")
OWN = ("date", "server", "connection", "x-request-id")
"""Headers that differ from one response to the next, or from nginx to the server."""


@pytest.fixture(scope="module", params=["disk", "bucket"])
def nginx(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx in front of a server with each kind of store."""
    program, folder = find_nginx(), tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    seaweed: Seaweed | None = request.getfixturevalue("seaweed") if request.param == "bucket" else None
    settings = {**ACCEL_REDIRECT, "MEDIATHEQUE_CORS_ORIGINS": " ".join(ORIGINS)}
    env = {**settings, **({"MEDIATHEQUE_BLOBS_LOCATION": seaweed.url()} if seaweed else {})}
    with (
        Serve(tmp_path_factory.mktemp("fronted") / "data", env=env) as server,
        Nginx(program, folder, server, seaweed.endpoint if seaweed else None) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def client(nginx: Nginx) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=nginx.url, timeout=60) as http:
        yield http


@pytest.fixture(scope="module")
def owner(nginx: Nginx) -> dict[str, str]:
    return {"authorization": f"Bearer {nginx.server.new_key()}"}


def picture() -> bytes:
    """A picture that is too large for the server to send itself."""
    data = io.BytesIO()
    Image.frombytes("RGB", (400, 300), os.urandom(360_000)).save(data, "PNG")
    assert data.tell() > MAX_CACHED_READ
    return data.getvalue()


@pytest.fixture(scope="module", params=["large", "small"])
def data(request: pytest.FixtureRequest) -> bytes:
    return picture() if request.param == "large" else samples.png(seed=5)


@pytest.fixture(scope="module")
def path(nginx: Nginx, client: httpx.Client, owner: dict[str, str], data: bytes) -> str:
    return upload(nginx, client, owner, data)


def upload(nginx: Nginx, client: httpx.Client, owner: dict[str, str], data: bytes) -> str:
    return nginx.upload(client, owner["authorization"].removeprefix("Bearer "), data)


def headers_of(response: httpx.Response) -> dict[str, str]:
    """Return all but those of one response, and those that only this bucket adds."""
    headers = response.headers.items()
    return {name: value for name, value in headers if name not in OWN and not name.startswith("seaweed-")}


def set_acl(client: httpx.Client, owner: dict[str, str], nginx: Nginx, path: str, default: str) -> None:
    answer = client.put(
        "/v1/storage/files/acl", params={"url": f"http://127.0.0.1{path}"}, json={"default": default}, headers=owner
    )
    assert answer.status_code == 200, answer.text


def eventually_status(client: httpx.Client, path: str) -> int:
    """The first status that is not 200: a public file may come from caches for two more seconds."""
    deadline = time.monotonic() + 60
    while (status := client.get(path).status_code) == 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return status


def test_whole_file_has_the_headers_of_the_server(client: httpx.Client, path: str, data: bytes) -> None:
    origin = {"origin": ORIGINS[0]}
    whole, head = client.get(path, headers=origin), client.head(path, headers=origin)
    assert (whole.status_code, whole.content) == (200, data)
    assert (head.status_code, head.content) == (200, b"")
    assert headers_of(whole) == headers_of(head)
    assert len(whole.headers.get_list("etag")) == len(whole.headers.get_list("last-modified")) == 1
    assert whole.headers["content-type"] == "image/png"
    assert whole.headers["content-length"] == str(len(data))
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert whole.headers["access-control-allow-origin"] == ORIGINS[0]
    assert "content-range" in whole.headers["access-control-expose-headers"].lower()
    assert whole.headers["vary"] == "Origin"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch(r'"[0-9a-f]{64}"', whole.headers["etag"])
    assert whole.headers["x-request-id"]
    assert not [name for name in whole.headers if name.startswith(("x-accel", "x-file", "x-amz"))]


def test_each_origin_gets_its_own_answer(client: httpx.Client, path: str) -> None:
    for _ in range(10):
        for origin in (*ORIGINS, "https://evil.example", None):
            response = client.get(path, headers={"origin": origin} if origin else {})
            allowed = origin if origin in ORIGINS else None
            assert response.headers.get("access-control-allow-origin") == allowed


def test_large_file_is_sent_by_nginx(nginx: Nginx, client: httpx.Client, owner: dict[str, str]) -> None:
    data = picture()
    path = upload(nginx, client, owner, data)
    handed_over = httpx.get(f"{nginx.server.url}{path}")
    assert (handed_over.status_code, handed_over.content) == (200, b"")
    assert handed_over.headers["x-accel-redirect"].startswith("/_blobs/")
    assert client.get(path, headers={"x-request-id": "mine"}).headers["x-request-id"]
    assert client.get(path).content == data


def test_download_is_an_attachment(client: httpx.Client, path: str, data: bytes) -> None:
    response = client.get(f"{path}?download")
    assert response.content == data
    assert response.headers["content-disposition"].startswith("attachment; ")


@pytest.mark.parametrize(
    ("header", "part"), [("bytes=0-9", slice(10)), ("bytes=100-", slice(100, None)), ("bytes=-7", slice(-7, None))]
)
def test_range_gets_206(client: httpx.Client, path: str, data: bytes, header: str, part: slice) -> None:
    response = client.get(path, headers={"range": header})
    assert (response.status_code, response.content) == (206, data[part])
    first, last, _ = part.indices(len(data))
    assert response.headers["content-range"] == f"bytes {first}-{last - 1}/{len(data)}"
    added = {"content-range", "content-length"}
    whole = headers_of(client.head(path))
    assert {k: v for k, v in headers_of(response).items() if k not in added} == {
        k: v for k, v in whole.items() if k not in added
    }


def test_multiple_ranges_get_multipart_byteranges(client: httpx.Client, path: str, data: bytes) -> None:
    response = client.get(path, headers={"range": "bytes=0-9,100-119,-3"})
    assert response.status_code == 206
    kind, _, boundary = response.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    _, *parts, _ = response.content.split(b"\r\n--" + boundary.encode())
    assert [part.partition(b"\r\n\r\n")[2] for part in parts] == [data[:10], data[100:120], data[-3:]]
    assert all(b"content-type: image/png" in part.lower() for part in parts)
    assert response.headers["etag"] == client.head(path).headers["etag"]


def test_unsatisfiable_range_gets_416(client: httpx.Client, path: str, data: bytes) -> None:
    response = client.get(path, headers={"range": f"bytes={len(data)}-"})
    assert (response.status_code, response.headers["content-range"]) == (416, f"bytes */{len(data)}")
    assert "cache-control" not in response.headers


def test_conditions_are_evaluated_by_the_server(client: httpx.Client, path: str, data: bytes) -> None:
    head = client.head(path)
    etag, modified = head.headers["etag"], head.headers["last-modified"]
    old, new = (format_datetime(datetime.now(UTC) + timedelta(days=days), usegmt=True) for days in (-900, 900))
    for headers, status in [
        ({"if-none-match": etag}, 304),
        ({"if-none-match": f'"x", W/{etag}'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"x"'}, 200),
        ({"if-none-match": '"x"', "if-modified-since": modified}, 200),
        ({"if-modified-since": modified}, 304),
        ({"if-modified-since": new}, 304),
        ({"if-modified-since": old}, 200),
        ({"if-match": etag}, 200),
        ({"if-match": '"x"'}, 412),
        ({"if-unmodified-since": modified}, 200),
        ({"if-unmodified-since": old}, 412),
        ({"range": "bytes=0-1", "if-range": etag}, 206),
        ({"range": "bytes=0-1", "if-range": modified}, 206),
        ({"range": "bytes=0-1", "if-range": '"x"'}, 200),
        ({"range": "bytes=0-1", "if-none-match": '"x"'}, 206),
        ({"range": "bytes=0-1", "if-none-match": etag}, 304),
        ({"range": "lines=0-1"}, 200),
    ]:
        response = client.get(path, headers=headers)
        assert (response.status_code, headers) == (status, headers)
        assert response.content == {200: data, 206: data[:2]}.get(status, b"")
        if status != 412:
            assert (response.headers["etag"], response.headers["last-modified"]) == (etag, modified)
        assert status != 304 or response.headers["cache-control"] == head.headers["cache-control"]
        assert client.head(path, headers=headers).status_code == (200 if status == 206 else status)


@pytest.mark.parametrize(("default", "status"), [("forbid", 403), ("hide", 404)])
def test_private_file_needs_its_key_each_time(
    nginx: Nginx, client: httpx.Client, owner: dict[str, str], data: bytes, default: str, status: int
) -> None:
    path = upload(nginx, client, owner, data)
    set_acl(client, owner, nginx, path, default)
    assert client.get(path).status_code == status
    for headers in ({}, {"range": "bytes=0-1"}):
        read = [client.get(path, headers={**owner, **headers}) for _ in range(3)]
        assert [each.content for each in read] == [data[:2] if headers else data] * 3
        assert {each.headers["cache-control"] for each in read} == {"private, no-store"}
        assert len({each.headers["x-request-id"] for each in read}) == 3
        assert client.get(path, headers=headers).status_code == status
    assert client.head(path).status_code == status
    signed = client.post(
        "/v1/storage/files/sign",
        params={"url": f"http://127.0.0.1{path}"},
        json={"expiration_seconds": 60},
        headers=owner,
    )
    link = urlsplit(signed.json()["signed_url"])
    assert client.get(f"{link.path}?{link.query}").content == data
    assert client.get(path).status_code == status


def test_public_file_that_becomes_private_is_not_served_for_long(
    nginx: Nginx, client: httpx.Client, owner: dict[str, str], data: bytes
) -> None:
    path = upload(nginx, client, owner, data)
    assert client.get(path).content == client.get(path).content == data
    set_acl(client, owner, nginx, path, "forbid")
    assert eventually_status(client, path) == 403


def test_deleted_file_is_not_served_for_long(
    nginx: Nginx, client: httpx.Client, owner: dict[str, str], data: bytes
) -> None:
    answer = client.post("/assets", files={"file": ("a.png", data, "image/png")}, headers=owner)
    path = urlsplit(answer.json()["image_url"]).path
    assert client.get(path).content == client.get(path).content == data
    assert client.delete(f"/assets/{answer.json()['id']}", headers=owner).status_code < 300
    assert eventually_status(client, path) == 404


def test_file_is_not_served_after_its_end(
    nginx: Nginx, client: httpx.Client, owner: dict[str, str], data: bytes
) -> None:
    path = upload(nginx, client, owner, data)
    id = UUID(path.split("/")[-2])
    with psycopg.connect(nginx.server.database_url, autocommit=True) as database:
        database.execute("UPDATE file SET expires_at = now() + interval '1 second' WHERE id = %s", [id])
        while client.get(path).status_code == 200:
            now, ends = database.execute("SELECT now(), expires_at FROM file WHERE id = %s", [id]).fetchone() or ()
            begun = now
            assert begun < ends + timedelta(seconds=60)
        assert client.get(path).status_code == 404


def test_small_public_file_comes_out_of_the_cache(nginx: Nginx, client: httpx.Client, owner: dict[str, str]) -> None:
    """On a disk: two responses within one second have the same request id."""
    path = upload(nginx, client, owner, samples.png(seed=6))
    if "x-accel-redirect" in httpx.get(f"{nginx.server.url}{path}").headers:
        pytest.skip("the server sends no file of a bucket itself")
    deadline = time.monotonic() + 60
    while len({client.get(path).headers["x-request-id"] for _ in range(2)}) == 2:
        assert time.monotonic() < deadline


def test_nothing_comes_out_of_the_cache_without_the_setting(tmp_path: Path) -> None:
    """The server then says only to browsers, by Cache-Control, that they may keep a file for a year."""
    program = find_nginx()
    tmp_path.chmod(0o755)
    with Serve(tmp_path / "data") as server, Nginx(program, tmp_path, server) as nginx:
        with httpx.Client(base_url=nginx.url, timeout=60) as client:
            path = nginx.upload(client, server.new_key(), samples.png())
            read = [client.get(path) for _ in range(20)]
        assert {each.headers["cache-control"] for each in read} == {"public, max-age=31536000, immutable"}
        assert len({each.headers["x-request-id"] for each in read}) == 20
        assert not [name for each in read for name in each.headers if name.startswith("x-accel")]


@pytest.mark.parametrize(
    "inside", ["/_blobs/", "/_blobs/00/{key}", "/_blobs/library/id", "/%5fblobs/00/{key}", "//_blobs/"]
)
def test_internal_location_is_closed(client: httpx.Client, inside: str) -> None:
    for headers in ({}, {"x-accel-redirect": inside, "x-original-url": inside}):
        assert client.get(inside.format(key="0" * 32), headers=headers).status_code == 404


def test_header_of_a_client_has_no_effect(client: httpx.Client, path: str, data: bytes) -> None:
    headers = {"x-accel-redirect": "/_blobs/library/id", "x-accel-expires": "3600", "x-file-cache-control": "x"}
    response = client.get(path, headers=headers)
    assert response.content == data
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_missing_bytes_get_503_that_no_cache_keeps(nginx: Nginx, client: httpx.Client, owner: dict[str, str]) -> None:
    if "MEDIATHEQUE_BLOBS_LOCATION" in nginx.server.env:
        pytest.skip("removes a blob from a disk")
    path = upload(nginx, client, owner, picture())
    blob = httpx.get(f"{nginx.server.url}{path}").headers["x-accel-redirect"].removeprefix("/_blobs/")
    (nginx.server.data / "blobs" / blob).unlink()
    response = client.get(path)
    assert response.status_code == 503
    assert "cache-control" not in response.headers


@pytest.mark.parametrize("name", ["nginx.conf", "nginx-bucket.conf"])
def test_the_page_shows_the_configuration(name: str) -> None:
    assert f"```nginx\n{(DEPLOY / name).read_text()}```\n" in PAGE.read_text()
