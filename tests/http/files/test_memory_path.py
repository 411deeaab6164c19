"""Plain GETs of files in memory go around the middleware, and get the same answer as through it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mediatheque.http.files.fast_path import FastPath
from mediatheque.http.files.headers import represent
from mediatheque.http.files.memory_path import MemoryPath
from mediatheque.http.files.response import FileResponse
from mediatheque.http.middleware.cors import CorsConfig, CorsMiddleware
from mediatheque.http.middleware.request import RequestConfig, RequestMiddleware
from tests.http.wire import RecordedResponse, call, http_scope

ID = uuid4()
PATH = f"/files/b/{ID.hex}/a.png"
ETAG = f'"{(b"x" * 32).hex()}"'.encode()


class Application:
    """All middleware around a cache that has one file. `passed_on` are the requests that went through all of it."""

    def __init__(self, content: bytes, *, in_memory: bool = True, cors: CorsConfig | None = None) -> None:
        described = represent(
            size=len(content), mime="image/png", name="a.png", sha256=b"x" * 32, created_at=datetime.now(UTC)
        )
        self._response = FileResponse(described, Path("/missing"), content if in_memory else None)
        self.passed_on: list[Any] = []
        self.finished: list[tuple[int, float]] = []
        requests = RequestMiddleware(
            FastPath(self._framework, self),  # type: ignore[arg-type]  # stands for the cache
            RequestConfig(),
            on_finish=lambda _, status, seconds: self.finished.append((status, seconds)),
        )
        outer = CorsMiddleware(requests, cors or CorsConfig())

        async def through(scope: Any, receive: Any, send: Any) -> None:
            self.passed_on.append(scope)
            await outer(scope, receive, send)

        self.app = MemoryPath(through, self, requests, outer.response_headers)  # type: ignore[arg-type]

    def get_cached(self, hex_id: str) -> FileResponse | None:
        return self._response if hex_id == ID.hex else None

    def invalidate(self, id: Any) -> None:
        """Do nothing: the framework answers."""

    async def _framework(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def get(
        self, method: str = "GET", path: str = PATH, query: bytes = b"", **headers: bytes
    ) -> RecordedResponse:
        pairs = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
        return await call(self.app, http_scope(method, path, headers=pairs, query=query))


@pytest.mark.parametrize("query", [b"", b"download"])
@pytest.mark.parametrize("origins", ["*", "https://app.example"])
async def test_answer_is_the_same_as_through_the_middleware(query: bytes, origins: str) -> None:
    application = Application(b"content", cors=CorsConfig(origins=(origins,)))
    headers = {"origin": b"https://app.example", "accept": b"*/*"}
    direct = await application.get(query=query, **headers)
    assert not application.passed_on
    through = await application.get(query=query, **headers, x_request_id=b"mine")
    assert len(application.passed_on) == 1
    assert (direct.status, direct.body) == (through.status, through.body) == (200, b"content")
    assert len(direct.headers.pop("x-request-id")) == 32
    assert through.headers.pop("x-request-id") == "mine"
    assert direct.headers == through.headers
    assert direct.headers["access-control-allow-origin"] == origins


async def test_request_is_logged_and_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    application = Application(b"content")
    response = await application.get()
    ((status, seconds),) = application.finished
    assert status == 200
    assert 0 <= seconds < 60
    await asyncio.sleep(0)  # the line is written at the end of this turn of the event loop
    line = capsys.readouterr().err
    assert '"status":200' in line
    assert '"bytes_out":7' in line
    assert response.headers["x-request-id"] in line


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"method": "HEAD"}, 200),
        ({"method": "POST"}, 299),
        ({"path": f"/files/b/{uuid4().hex}/a.png"}, 299),
        ({"path": "/assets"}, 299),
        ({"if_none_match": ETAG}, 304),
        ({"if_match": b'"y"'}, 412),
        ({"range": b"bytes=9-"}, 416),
        ({"x_request_id": b"mine"}, 200),
        ({"content_length": b"0"}, 200),
    ],
)
async def test_other_requests_go_through_the_middleware(request_: dict[str, Any], status: int) -> None:
    application = Application(b"content")
    response = await application.get(**request_)
    assert response.status == status
    assert len(application.passed_on) == 1


async def test_content_elsewhere_goes_through_the_middleware() -> None:
    application = Application(b"content", in_memory=False)
    assert (await application.get()).status == 299, "the file is missing, and the framework is asked"
    assert application.passed_on


async def test_lifespan_is_passed_on() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    await MemoryPath(app, None, None)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]  # passed through
    assert seen == [{"type": "lifespan"}]
