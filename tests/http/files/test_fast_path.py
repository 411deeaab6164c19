"""The fast path serves cached files; every other request and every failure goes to the framework."""

from typing import Any
from uuid import UUID

import pytest

from mediatheque.errors import BlobsUnavailable
from mediatheque.http.files.fast_path import FastPath
from tests.http.wire import call, http_scope

ID = UUID("0192f0c1-7a53-4c11-9d0e-3a5b1c2d4e6f")
CACHED = f"/files/b/{ID.hex}/a.png"


async def _framework(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"framework"})


async def _file(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"file"})


async def _unreadable(scope: Any, receive: Any, send: Any) -> None:
    raise BlobsUnavailable


class _FakeFileCache:
    def __init__(self, response: Any) -> None:
        self.responses = {ID.hex: response}

    def get_cached(self, hex_id: str) -> Any:
        return self.responses.get(hex_id)

    def invalidate(self, id: Any) -> None:
        del self.responses[id.hex]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_cached_file_is_served(method: str) -> None:
    response = await call(FastPath(_framework, _FakeFileCache(_file)), http_scope(method, CACHED))  # type: ignore[arg-type]
    assert response.body == b"file"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", CACHED),
        ("DELETE", CACHED),
        ("GET", f"/files/b/{UUID(int=1).hex}/a.png"),
        ("GET", f"/files/b/{ID.hex}"),
        ("GET", f"/files/b/{ID.hex}/"),
        ("GET", f"/files/b/{ID.hex}/a/b"),
        ("GET", f"/files/b/{ID}/a.png"),
        ("GET", "/files/b/" + "z" * 32 + "/a.png"),
        ("GET", f"/files/c/{ID.hex}/a.png"),
        ("GET", "/assets"),
    ],
)
async def test_other_requests_go_to_framework(method: str, path: str) -> None:
    response = await call(FastPath(_framework, _FakeFileCache(_file)), http_scope(method, path))  # type: ignore[arg-type]
    assert (response.status, response.body) == (299, b"framework")


async def test_unreadable_bytes_go_to_framework() -> None:
    file_cache = _FakeFileCache(_unreadable)
    response = await call(FastPath(_framework, file_cache), http_scope("GET", CACHED))  # type: ignore[arg-type]
    assert response.status == 299
    assert not file_cache.responses


async def _fails_after_start(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise BlobsUnavailable


async def test_an_answer_that_fails_after_start_is_not_followed_by_another() -> None:
    events: list[Any] = []

    async def send(message: Any) -> None:
        events.append(message)

    with pytest.raises(BlobsUnavailable):
        await FastPath(_framework, _FakeFileCache(_fails_after_start))(http_scope("GET", CACHED), None, send)  # type: ignore[arg-type]
    assert [event["type"] for event in events] == ["http.response.start"]
