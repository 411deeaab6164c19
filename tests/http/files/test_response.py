import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediatheque.errors import BlobsUnavailable
from mediatheque.http.files.headers import Representation, represent
from mediatheque.http.files.local_reads import CHUNK_BYTES, MAX_CACHED_READ, range_reader, read_cached
from mediatheque.http.files.response import FileResponse
from tests.http.files.downloads import make_content, remote_content
from tests.http.wire import RecordedResponse, call, http_scope, serving

CONTENT = bytes(range(256)) * 400
SHA = bytes(range(32))
ETAG = f'"{SHA.hex()}"'
CREATED = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
DATE = "Sat, 21 Nov 2026 12:00:00 GMT"


def representation(mime: str = "image/png", *, name: str = "cat.png", size: int = len(CONTENT)) -> Representation:
    return represent(size=size, mime=mime, name=name, sha256=SHA, created_at=CREATED)


@pytest.fixture(params=["disk", "remote_content"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "remote_content":
        return remote_content(CONTENT)
    path = tmp_path / "blob"
    path.write_bytes(CONTENT)
    return path


async def get(source: Any, method: str = "GET", query: bytes = b"", **headers: str) -> RecordedResponse:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return await call(FileResponse(representation(), source), http_scope(method, headers=pairs, query=query))


async def test_get_sends_whole_file_with_headers(source: Any) -> None:
    response = await get(source)
    assert (response.status, response.body) == (200, CONTENT)
    assert response.headers == {
        "content-type": "image/png",
        "content-length": str(len(CONTENT)),
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "cross-origin-resource-policy": "cross-origin",
        "etag": ETAG,
        "last-modified": DATE,
        "cache-control": "public, max-age=31536000, immutable",
        "content-disposition": 'inline; filename="cat.png"',
    }


async def test_head_sends_headers_of_get(source: Any) -> None:
    head, whole = await get(source, "HEAD", range="bytes=0-0"), await get(source)
    assert (head.status, head.headers, head.body) == (200, whole.headers, b"")


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [("bytes=0-0", 0, 1), ("bytes=100-30099", 100, 30100), ("bytes=-5", len(CONTENT) - 5, len(CONTENT))],
)
async def test_single_range_gets_206(source: Any, header: str, start: int, stop: int) -> None:
    response = await get(source, range=header)
    assert (response.status, response.body) == (206, CONTENT[start:stop])
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert response.headers["content-length"] == str(stop - start)
    assert response.headers["content-type"] == "image/png"
    assert response.headers["etag"] == ETAG
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_multiple_ranges_get_multipart_byteranges(source: Any) -> None:
    response = await get(source, range="bytes=50000-70000,0-9,-3")
    assert response.status == 206
    kind, _, boundary = response.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    assert response.headers["content-length"] == str(len(response.body))
    assert "content-range" not in response.headers
    head, *parts, tail = response.body.split(b"\r\n--" + boundary.encode())
    assert (head, tail) == (b"", b"--\r\n")
    found = []
    for part in parts:
        fields, _, content = part.partition(b"\r\n\r\n")
        assert b"content-type: image/png" in fields
        where = re.search(rb"content-range: bytes (\d+)-(\d+)/(\d+)", fields)
        assert where
        first, last, size = map(int, where.groups())
        assert (content, size) == (CONTENT[first : last + 1], len(CONTENT))
        found.append((first, last))
    assert found == [(50000, 70000), (0, 9), (len(CONTENT) - 3, len(CONTENT) - 1)]


async def test_unsatisfiable_range_gets_416_and_malformed_range_gets_200(source: Any) -> None:
    response = await get(source, range=f"bytes={len(CONTENT)}-")
    assert (response.status, response.body) == (416, b"")
    assert response.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert "cache-control" not in response.headers
    for header in ("bytes=5-4", "lines=1-2", "bytes=" + ",".join(f"{i}-{i}" for i in range(0, 12, 2))):
        assert (await get(source, range=header)).status == 200


async def test_conditional_headers_decide_status(source: Any) -> None:
    unmodified = await get(source, if_none_match=ETAG, range="bytes=0-1")
    assert (unmodified.status, unmodified.body) == (304, b"")
    assert set(unmodified.headers) == {"etag", "last-modified", "cache-control"}
    assert (await get(source, "HEAD", if_none_match=f'W/{ETAG}, "x"')).status == 304
    assert (await get(source, if_modified_since=DATE)).status == 304
    failed = await get(source, if_match='"x"')
    assert (failed.status, failed.body, failed.headers["content-length"]) == (412, b"", "0")
    assert (await get(source, if_range=ETAG, range="bytes=0-1")).status == 206
    assert (await get(source, if_range='"x"', range="bytes=0-1")).status == 200
    assert (await get(source, if_range='"x"', range="bytes=999999-")).status == 200


async def test_repeated_header_counts_as_one_list(source: Any) -> None:
    pairs = [(b"if-none-match", b'"x"'), (b"if-none-match", ETAG.encode())]
    assert (await call(FileResponse(representation(), source), http_scope(headers=pairs))).status == 304


@pytest.mark.parametrize(
    ("query", "kind"),
    [(b"", "inline"), (b"download", "attachment"), (b"a=1&download=0", "attachment"), (b"undownload=1", "inline")],
)
async def test_download_parameter_makes_disposition_attachment(source: Any, query: bytes, kind: str) -> None:
    for headers in ({}, {"range": "bytes=0-1"}, {"range": "bytes=0-1,5-6"}):
        response = await get(source, query=query, **headers)
        assert response.headers["content-disposition"] == f'{kind}; filename="cat.png"'


@pytest.mark.parametrize(
    ("mime", "kind"),
    [
        ("image/jpeg", "inline"),
        ("image/avif", "inline"),
        ("video/mp4", "inline"),
        ("audio/wav", "inline"),
        ("image/svg+xml", "attachment"),
        ("application/pdf", "attachment"),
        ("text/html", "attachment"),
        ("application/xhtml+xml", "attachment"),
        ("model/gltf-binary", "attachment"),
        ("application/octet-stream", "attachment"),
    ],
)
def test_type_decides_disposition_and_content_security_policy(mime: str, kind: str) -> None:
    assert representation(mime).inline_disposition.decode().partition(";")[0] == kind
    policy = dict(representation(mime).security_headers)[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'none'; ")
    assert policy.endswith("; sandbox")
    assert ("media-src 'self'" in policy) == mime.startswith(("video/", "audio/"))


def test_text_has_charset_and_unicode_name_is_encoded() -> None:
    text = representation("text/plain", name="größe.srt")
    assert text.content_type == b"text/plain; charset=utf-8"
    assert text.inline_disposition == b"attachment; filename=\"gr__e.srt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.srt"


def test_equal_arguments_give_equal_representations() -> None:
    assert representation() == representation()
    assert representation() != representation("image/jpeg")


async def test_missing_or_short_file_raises_before_response_starts(tmp_path: Path) -> None:
    for headers in ([], [(b"range", b"bytes=0-9")], [(b"range", b"bytes=0-9,20-29")]):
        events: list[Any] = []
        response = FileResponse(representation(), tmp_path / "missing")
        with pytest.raises(BlobsUnavailable):
            await response(http_scope(headers=headers), asyncio.Event().wait, events.append)  # type: ignore[arg-type]  # never called
        assert not events
    short = tmp_path / "short"
    short.write_bytes(b"abc")
    with pytest.raises(BlobsUnavailable):
        _ = [chunk async for chunk in range_reader(short)(0, 4)]


async def test_range_reader_yields_chunks_of_any_range(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    content = os.urandom(2 * CHUNK_BYTES + 10)
    path.write_bytes(content)
    chunks = [chunk async for chunk in range_reader(path)(5, 2 * CHUNK_BYTES)]
    assert b"".join(chunks) == content[5 : 2 * CHUNK_BYTES + 5]
    assert max(map(len, chunks)) <= CHUNK_BYTES


def test_only_small_files_are_read_from_page_cache(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(bytes(MAX_CACHED_READ + 1))
    assert read_cached(path, MAX_CACHED_READ + 1) is None
    assert read_cached(path, 100) in (bytes(100), None)
    assert read_cached(path, MAX_CACHED_READ) in (bytes(MAX_CACHED_READ), None)


async def test_reader_is_closed_when_sending_fails() -> None:
    closed = asyncio.Event()

    async def read(start: int, length: int) -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(1000)
        finally:
            closed.set()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise ConnectionResetError

    async def receive() -> Any:
        await asyncio.Event().wait()

    with pytest.raises(ConnectionResetError):
        await FileResponse(representation(), read)(http_scope(), receive, send)
    assert closed.is_set()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serving("tests.http.files.downloads:app", DOWNLOADS=str(tmp_path_factory.mktemp("downloads"))) as port:
        yield port


@pytest.mark.parametrize("kind", ["disk", "remote_content"])
@pytest.mark.parametrize("size", [1, 10_000, MAX_CACHED_READ + 1, 5 * CHUNK_BYTES + 1])
async def test_file_is_served_over_a_socket(port: int, size: int, kind: str) -> None:
    content = make_content(size)
    url = f"http://127.0.0.1:{port}/{kind}/{size}"
    async with httpx.AsyncClient(trust_env=False) as client:
        whole = await client.get(url)
        assert (whole.status_code, whole.content) == (200, content)
        assert whole.headers["content-length"] == str(size)
        head = await client.head(url)
        assert (head.headers["content-length"], head.content) == (str(size), b"")
        part = await client.get(url, headers={"range": f"bytes={size // 2}-"})
        assert (part.status_code, part.content) == (206, content[size // 2 :])
        several = await client.get(url, headers={"range": "bytes=0-0,-1"})
        assert several.status_code == 206
        same = await client.get(url, headers={"if-none-match": whole.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        assert "x-request-id" in same.headers


async def test_disconnect_ends_reading(port: int) -> None:
    """Of a file of 10 GB less than 1 GB is read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await reader.read(1)  # a server may drop a request whose client is gone before the response has begun
    writer.close()
    async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as client:
        while not (closed := (await client.get(f"http://127.0.0.1:{port}/endless/read")).json()["closed"]):
            await asyncio.sleep(0.02)
    assert int(closed[0]) < 1000
