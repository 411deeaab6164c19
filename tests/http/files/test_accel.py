"""What a response says to nginx, and which ones still carry the bytes."""

import math
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mediatheque.http.files.accel import Accel
from mediatheque.http.files.headers import represent
from mediatheque.http.files.response import FileResponse
from tests.http.wire import RecordedResponse, call, http_scope

CONTENT = bytes(1000)
ETAG = f'"{(b"x" * 32).hex()}"'


async def get(
    path: Path, method: str = "GET", until: float = math.inf, in_memory: bytes | None = None, **headers: str
) -> RecordedResponse:
    created = datetime(2026, 11, 21, tzinfo=UTC)
    cache_control = "public" if until else "private"
    described = represent(
        size=1000, mime="image/png", name="a", sha256=b"x" * 32, created_at=created, cache_control=cache_control
    )
    path.write_bytes(CONTENT)
    accel = Accel(uri=b"/_blobs/ab/abc", public_until=until)
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return await call(FileResponse(described, path, in_memory, accel), http_scope(method, headers=pairs))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "blob"


@pytest.mark.parametrize(
    "headers", [{}, {"range": "bytes=0-9"}, {"if_none_match": '"y"'}, {"if_modified_since": "nonsense"}]
)
async def test_response_names_the_location_instead_of_the_bytes(path: Path, headers: dict[str, str]) -> None:
    response = await get(path, **headers)
    assert (response.status, response.body, response.headers["content-length"]) == (200, b"", "0")
    assert response.headers["x-accel-redirect"] == "/_blobs/ab/abc"
    assert response.headers["etag"] == ETAG
    assert (response.headers["x-file-cache-control"], response.headers.get("cache-control")) == ("public", None)


@pytest.mark.parametrize(
    ("headers", "status", "size"),
    [
        ({"range": "bytes=0-1,5-6"}, 206, None),
        ({"range": "bytes=0-1,2-3"}, 206, 4),
        ({"range": "bytes=0-1", "if_range": ETAG}, 206, 2),
        ({"range": "bytes=0-1", "if_range": '"y"'}, 200, 1000),
        ({"range": "lines=0-1"}, 200, 1000),
        ({"range": "bytes=1000-"}, 416, 0),
        ({"if_match": ETAG}, 200, 1000),
        ({"if_match": '"y"'}, 412, 0),
        ({"if_none_match": ETAG}, 304, 0),
    ],
)
async def test_server_answers_what_nginx_would_evaluate_differently(
    path: Path, headers: dict[str, str], status: int, size: int | None
) -> None:
    response = await get(path, **headers)
    assert response.status == status
    assert size is None or len(response.body) == size
    assert "x-accel-redirect" not in response.headers


async def test_head_and_content_in_memory_are_not_redirected(path: Path) -> None:
    head, whole = await get(path, "HEAD"), await get(path, in_memory=CONTENT)
    assert (head.body, whole.body) == (b"", CONTENT)
    for response in (head, whole):
        assert response.headers["content-length"] == "1000"
        assert response.headers["cache-control"] == "public"
        assert "x-accel-redirect" not in response.headers


async def test_private_file_keeps_its_cache_control_and_is_not_cached(path: Path) -> None:
    for response in (await get(path, until=0), await get(path, until=0, in_memory=CONTENT)):
        assert (response.headers["cache-control"], response.headers["x-accel-expires"]) == ("private", "0")
        assert "x-file-cache-control" not in response.headers


@pytest.mark.parametrize(
    ("ends_in", "kept"), [(math.inf, True), (1.0, True), (0.99, False), (0.0, False), (-5.0, False)]
)
def test_public_file_is_cached_until_the_end_of_the_second(
    monkeypatch: pytest.MonkeyPatch, ends_in: float, kept: bool
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000.7)
    headers = Accel(uri=b"/x", public_until=1_000 + ends_in).cache_headers()
    assert headers == ((b"x-accel-expires", b"@1000" if kept else b"0"),)
