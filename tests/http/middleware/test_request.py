import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.config.cors import CORSConfig
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from mediatheque.errors import BodyIncomplete, BodyTooSlow, LibraryError, Malformed
from mediatheque.http.middleware.body import Framing
from mediatheque.http.middleware.request import RequestConfig, RequestMiddleware
from tests.http.wire import call, http_scope, messages

UUID7_HEX = re.compile(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}")
CHUNKED = (b"transfer-encoding", b"chunked")


def short_limits(**more: Any) -> RequestConfig:
    return RequestConfig(**{"body_idle_seconds": 0.1, "drain_seconds": 0.2, "drain_bytes": 1000, **more})


async def reading_app(scope: Any, receive: Any, send: Any) -> None:
    """Read the body and respond with it, or with the error."""
    try:
        body, more = b"", True
        while more:
            message = await receive()
            assert message["type"] == "http.request"
            body += message["body"]
            more = message["more_body"]
        status, content = 200, body
    except LibraryError as error:
        status, content = 400, f"{type(error).__name__}: {error}".encode()
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": content})


async def refusing_app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 401, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


def stalled_receive(chunks: list[bytes]) -> Any:
    """A client that sends these chunks and then nothing, without disconnecting."""
    queue = list(chunks)

    async def receive() -> dict[str, Any]:
        if not queue:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": queue.pop(0), "more_body": True}

    return receive


@pytest.mark.parametrize("given", ["a", "Az09_.:-", "x" * 128])
async def test_valid_request_id_is_kept(given: str) -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["state"]["request_id"], get_contextvars()["request_id"]))
        await refusing_app(scope, receive, send)

    scope = http_scope(headers=[(b"x-request-id", given.encode())], state={"kept": 1})
    response = await call(RequestMiddleware(app), scope)
    assert response.headers["x-request-id"] == given
    assert seen == [(given, given)]
    assert scope["state"]["kept"] == 1
    assert "request_id" not in get_contextvars()


@pytest.mark.parametrize("given", [b"", b"x" * 129, b"a b", b"a\nb", b"\xff", b"a;b", "²".encode("latin-1")])
async def test_invalid_or_missing_request_id_becomes_uuid7(given: bytes) -> None:
    for headers in ([(b"x-request-id", given)], []):
        response = await call(RequestMiddleware(refusing_app), http_scope(headers=headers))
        assert UUID7_HEX.fullmatch(response.headers["x-request-id"])


async def test_state_that_a_server_shares_between_requests_is_not_changed() -> None:
    """A request's key and id are in its state, and must never be seen by another."""
    shared = {"kept": 1}
    for _ in range(2):
        await call(RequestMiddleware(refusing_app), http_scope(headers=[], state=shared))
    assert shared == {"kept": 1}


async def test_lifespan_scope_is_passed_through() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    await RequestMiddleware(app)({"type": "lifespan"}, "receive", "send")  # type: ignore[arg-type]  # passed through untouched
    assert seen == [({"type": "lifespan"}, "receive", "send")]


async def test_request_without_body_gets_the_servers_receive() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(receive)
        await refusing_app(scope, receive, send)

    receive = messages([])
    await call(RequestMiddleware(app), http_scope(), receive)
    await call(RequestMiddleware(app), http_scope("POST"), receive)
    assert seen == [receive, receive]


async def test_complete_body_is_passed_on() -> None:
    response = await call(
        RequestMiddleware(reading_app), http_scope("POST", headers=[CHUNKED]), messages([b"a", b"", b"bc"])
    )
    assert (response.status, response.body) == (200, b"abc")
    assert "connection" not in response.headers
    response = await call(
        RequestMiddleware(reading_app), http_scope("POST", headers=[(b"content-length", b"0")]), messages([])
    )
    assert (response.status, response.body) == (200, b"")


async def test_stalled_body_is_too_slow() -> None:
    scope = http_scope("POST", headers=[(b"content-length", b"10")])
    response = await call(RequestMiddleware(reading_app, short_limits()), scope, stalled_receive([b"abc"]))
    assert response.body == b"BodyTooSlow: No byte of the body arrived for 0.1 s."
    assert response.headers["connection"] == "close"


async def test_body_below_minimum_rate_is_too_slow() -> None:
    """One byte at a time, each within the idle limit."""

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    config = short_limits(body_idle_seconds=10, body_grace_seconds=0.1, body_min_rate=1000)
    response = await call(RequestMiddleware(reading_app, config), http_scope("POST", headers=[CHUNKED]), receive)
    assert response.body == b"BodyTooSlow: The body arrives too slowly."
    assert response.headers["connection"] == "close"


async def test_slow_application_does_not_make_body_too_slow() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def slowly() -> Any:
            await asyncio.sleep(0.02)
            return await receive()

        await reading_app(scope, slowly, send)

    config = short_limits(body_grace_seconds=0.05, body_min_rate=10**6)
    response = await call(RequestMiddleware(app, config), http_scope("POST", headers=[CHUNKED]), messages([b"x"] * 10))
    assert response.body == b"x" * 10


@pytest.mark.parametrize(
    ("length", "chunks", "complete"),
    [(None, [b"abc"], False), (b"10", [b"abc"], False), (b"10", [b"abc"], True), (b"10", [], True), (None, [], False)],
)
async def test_incomplete_body_raises(length: bytes | None, chunks: list[bytes], complete: bool) -> None:
    headers = [CHUNKED] if length is None else [(b"content-length", length)]
    response = await call(
        RequestMiddleware(reading_app), http_scope("POST", headers=headers), messages(chunks, complete=complete)
    )
    assert response.body == b"BodyIncomplete: The request body ended before it was complete."


async def test_disconnect_after_complete_body_is_passed_on() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await reading_app(scope, receive, send)
        assert (await receive())["type"] == "http.disconnect"

    await call(RequestMiddleware(app), http_scope("POST", headers=[(b"content-length", b"3")]), messages([b"abc"]))


async def test_receive_raises_same_error_again() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(3):
            with pytest.raises(BodyIncomplete):
                await receive()
        await refusing_app(scope, receive, send)

    await call(RequestMiddleware(app), http_scope("POST", headers=[CHUNKED]), messages([], complete=False))


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"3"), CHUNKED],
        [(b"content-length", b"3"), (b"content-length", b"3")],
        [(b"content-length", b"3"), (b"content-length", b"4")],
        [(b"content-length", b"3, 3")],
        [(b"content-length", b"+3")],
        [(b"content-length", b"-3")],
        [(b"content-length", b"")],
        [(b"content-length", b"0x3")],
        [(b"content-length", b"9" * 5000)],
    ],
)
async def test_ambiguous_framing_is_malformed(headers: list[tuple[bytes, bytes]]) -> None:
    framing = Framing.of(headers)
    assert framing is not None
    assert framing.error
    response = await call(RequestMiddleware(reading_app), http_scope("POST", headers=headers), messages([b"abc"]))
    assert response.body.startswith(b"Malformed: Content-Length")
    assert response.headers["connection"] == "close"


async def test_body_is_drained_before_early_response() -> None:
    left = [b"x" * 400, b"y" * 400]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    scope = http_scope("POST", headers=[(b"content-length", b"800")])
    response = await call(RequestMiddleware(refusing_app, short_limits()), scope, receive)
    assert (response.status, left) == (401, [])
    assert "connection" not in response.headers


async def test_draining_stops_at_limits_and_closes_connection() -> None:
    scope = http_scope("POST", headers=[CHUNKED])
    response = await call(RequestMiddleware(refusing_app, short_limits()), scope, stalled_receive([b"x"]))
    assert (response.status, response.headers["connection"]) == (401, "close")
    endless = stalled_receive([b"x" * 400] * 10)
    response = await call(RequestMiddleware(refusing_app, short_limits(drain_seconds=60)), scope, endless)
    assert (response.status, response.headers["connection"]) == (401, "close")
    assert len((await endless())["body"]) == 400
    response = await call(RequestMiddleware(refusing_app, short_limits()), scope, messages([b"x"], complete=False))
    assert (response.status, response.headers["connection"]) == (401, "close")


async def test_too_large_or_unsent_body_is_not_drained() -> None:
    async def receive() -> Any:
        raise AssertionError("nothing may be read")

    scope = http_scope("POST", headers=[(b"content-length", b"1001")])
    response = await call(RequestMiddleware(refusing_app, short_limits()), scope, receive)
    assert (response.status, response.headers["connection"]) == (401, "close")
    expecting = http_scope("POST", headers=[(b"content-length", b"800"), (b"expect", b"100-Continue")])
    assert (await call(RequestMiddleware(refusing_app, short_limits()), expecting, receive)).status == 401


async def test_body_sent_after_100_continue_is_drained() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await refusing_app(scope, receive, send)

    receive = messages([b"a" * 100] * 5)
    headers = [(b"content-length", b"500"), (b"expect", b"100-continue")]
    await call(RequestMiddleware(app, short_limits()), http_scope("POST", headers=headers), receive)
    assert (await receive())["type"] != "http.request" or not (await receive()).get("body")


async def access_log(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines of finished requests, which are written at the end of a turn of the event loop."""
    await asyncio.sleep(0)
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def test_unrendered_exception_gets_plain_500(capsys: pytest.CaptureFixture[str]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("secret detail")

    with capture_logs() as logs:
        response = await call(RequestMiddleware(app), http_scope())
    assert (response.status, response.body) == (500, b"Internal error\n")
    assert len(response.headers["x-request-id"]) == 32
    assert [entry["event"] for entry in logs] == ["request_failed"]
    assert [(line["event"], line["status"]) for line in await access_log(capsys)] == [("request", 500)]


async def test_exception_after_response_start_is_raised(capsys: pytest.CaptureFixture[str]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    with capture_logs(), pytest.raises(RuntimeError):
        await call(RequestMiddleware(app), http_scope())
    assert [line["status"] for line in await access_log(capsys)] == [200]


async def test_request_is_logged_and_reported(capsys: pytest.CaptureFixture[str]) -> None:
    finished: list[tuple[str, int, float]] = []
    middleware = RequestMiddleware(
        reading_app, on_finish=lambda scope, status, seconds: finished.append((scope["path"], status, seconds))
    )
    scope = http_scope("POST", "/v1/asset", query=b"secret=1", headers=[CHUNKED])
    response = await call(middleware, scope, messages([b"abc", b"d"]))
    (line,) = await access_log(capsys)
    assert line.pop("ms") >= 0
    assert abs(datetime.now(UTC) - datetime.fromisoformat(line.pop("timestamp"))) < timedelta(minutes=1)
    assert line == {
        "event": "request",
        "level": "info",
        "method": "POST",
        "path": "/v1/asset",
        "status": 200,
        "bytes_in": 4,
        "bytes_out": 4,
        "request_id": response.headers["x-request-id"],
    }
    ((path, status, seconds),) = finished
    assert (path, status) == ("/v1/asset", 200)
    assert 0 <= seconds < 60


async def test_requests_that_end_together_have_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    middleware = RequestMiddleware(refusing_app)
    paths = [f"/{number}" for number in range(20)]
    await asyncio.gather(*(call(middleware, http_scope(path=path)) for path in paths))
    assert [line["path"] for line in await access_log(capsys)] == paths


@pytest.mark.parametrize("secret", ["mtp_0_hunter2x", "password=hunter2x"])
async def test_log_line_hides_secrets(capsys: pytest.CaptureFixture[str], secret: str) -> None:
    headers = [(b"x-request-id", b"mtp_0_hunter2x")]
    await call(RequestMiddleware(refusing_app), http_scope(path=f"/files/{secret}", headers=headers))
    assert "hunter2x" not in str(await access_log(capsys))


async def test_access_log_can_be_disabled(capsys: pytest.CaptureFixture[str]) -> None:
    await call(RequestMiddleware(refusing_app, RequestConfig(access_log=False)), http_scope())
    assert not await access_log(capsys)


async def test_bytes_sent_by_path_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"77")]})
        await send({"type": "http.response.pathsend", "path": "/x"})

    await call(RequestMiddleware(app), http_scope())
    assert [line["bytes_out"] for line in await access_log(capsys)] == [77]


async def test_application_message_is_not_modified() -> None:
    message = {"type": "http.response.start", "status": 200, "headers": ((b"a", b"b"),)}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(message)
        await send({"type": "http.response.body"})

    await call(RequestMiddleware(app), http_scope())
    assert message == {"type": "http.response.start", "status": 200, "headers": ((b"a", b"b"),)}


def render_error(_: Request[Any, Any, Any], error: LibraryError) -> Response[Any]:
    return Response({"error": type(error).__name__}, status_code=400)


@get("/boom", sync_to_thread=False)
def boom() -> None:
    raise ValueError


@post("/json")
async def echo(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return {"data": await request.json(), "id": request.state.request_id}


def framework() -> RequestMiddleware:
    app = Litestar(
        [boom, echo],
        exception_handlers={LibraryError: render_error},
        cors_config=CORSConfig(allow_origins=["https://a.example"]),
        openapi_config=None,
        logging_config=None,
    )
    return RequestMiddleware(app, short_limits())


async def test_every_framework_response_has_request_id() -> None:
    statuses = []
    for method, path, headers in [
        ("GET", "/nowhere", []),
        ("DELETE", "/json", []),
        ("GET", "/boom", []),
        ("OPTIONS", "/json", [(b"origin", b"https://a.example"), (b"access-control-request-method", b"POST")]),
    ]:
        scope = http_scope(method, path, headers=[*headers, (b"x-request-id", b"mine")])
        response = await call(framework(), scope, messages([]))
        assert response.headers["x-request-id"] == "mine"
        statuses.append(response.status)
    assert statuses == [404, 405, 500, 204]


async def test_framework_reads_body_through_middleware() -> None:
    headers = [(b"content-length", b"7"), (b"x-request-id", b"mine")]
    response = await call(framework(), http_scope("POST", "/json", headers=headers), messages([b'{"a":', b"1}"]))
    assert (response.status, response.body) == (201, b'{"data":{"a":1},"id":"mine"}')
    for receive, error in [
        (messages([b'{"a":'], complete=False), BodyIncomplete),
        (messages([b'{"a":']), BodyIncomplete),
        (stalled_receive([b'{"a":']), BodyTooSlow),
    ]:
        response = await call(framework(), http_scope("POST", "/json", headers=headers), receive)
        assert response.body == b'{"error":"%s"}' % error.__name__.encode()
    headers = [(b"content-length", b"7"), CHUNKED]
    response = await call(framework(), http_scope("POST", "/json", headers=headers), messages([b'{"a":1}']))
    assert response.body == b'{"error":"%s"}' % Malformed.__name__.encode()
