"""The short cut answers only what the ordinary way would have answered, in the same words."""

from typing import Any
from uuid import UUID

import pytest

from mediatheque.errors import BlobsUnavailable
from mediatheque.http.files.fast_path import FastPath
from tests.http.wire import call, http_scope

ID = UUID("0192f0c1-7a53-4c11-9d0e-3a5b1c2d4e6f")
HIT = f"/files/b/{ID.hex}/a.png"


async def _ordinary(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"ordinary"})


async def _file(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"file"})


async def _lost(scope: Any, receive: Any, send: Any) -> None:
    raise BlobsUnavailable


class _Shelf:
    def __init__(self, response: Any) -> None:
        self.responses = {ID: response}

    def recall(self, id: Any) -> Any:
        return self.responses.get(id)

    def forget(self, id: Any) -> None:
        del self.responses[id]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_file_on_the_shelf_is_answered_from_it(method: str) -> None:
    answered = await call(FastPath(_ordinary, _Shelf(_file)), http_scope(method, HIT))  # type: ignore[arg-type]
    assert answered.body == b"file"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", HIT),
        ("DELETE", HIT),
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
async def test_everything_else_goes_the_ordinary_way(method: str, path: str) -> None:
    answered = await call(FastPath(_ordinary, _Shelf(_file)), http_scope(method, path))  # type: ignore[arg-type]
    assert (answered.status, answered.body) == (299, b"ordinary")


async def test_bytes_that_cannot_be_read_are_the_ordinary_ways_to_explain() -> None:
    file_cache = _Shelf(_lost)
    answered = await call(FastPath(_ordinary, file_cache), http_scope("GET", HIT))  # type: ignore[arg-type]
    assert answered.status == 299
    assert not file_cache.responses


async def _breaks_off(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise BlobsUnavailable


async def test_an_answer_that_breaks_off_is_not_followed_by_another() -> None:
    events: list[Any] = []

    async def send(message: Any) -> None:
        events.append(message)

    with pytest.raises(BlobsUnavailable):
        await FastPath(_ordinary, _Shelf(_breaks_off))(http_scope("GET", HIT), None, send)  # type: ignore[arg-type]
    assert [event["type"] for event in events] == ["http.response.start"]
