import asyncio
import re
from typing import Any

import pytest
import structlog
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


def quick(**more: Any) -> RequestConfig:
    return RequestConfig(**{"body_idle_seconds": 0.1, "drain_seconds": 0.2, "drain_bytes": 1000, **more})


async def reading(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body and answers with what came of it, as a dialect would."""
    try:
        body, more = b"", True
        while more:
            message = await receive()
            assert message["type"] == "http.request"
            body += message["body"]
            more = message["more_body"]
        status, said = 200, body
    except LibraryError as error:
        status, said = 400, f"{type(error).__name__}: {error}".encode()
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": said})


async def refusing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 401, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


def stalling(pieces: list[bytes]) -> Any:
    """A client that sends these pieces and then nothing, without going away."""
    queue = list(pieces)

    async def receive() -> dict[str, Any]:
        if not queue:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": queue.pop(0), "more_body": True}

    return receive


@pytest.mark.parametrize("given", ["a", "Az09_.:-", "x" * 128])
async def test_a_good_request_id_is_kept(given: str) -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["state"]["request_id"], get_contextvars()["request_id"]))
        await refusing(scope, receive, send)

    scope = http_scope(headers=[(b"x-request-id", given.encode())], state={"kept": 1})
    answered = await call(RequestMiddleware(app), scope)
    assert answered.headers["x-request-id"] == given
    assert seen == [(given, given)]
    assert scope["state"]["kept"] == 1
    assert "request_id" not in get_contextvars()


@pytest.mark.parametrize("given", [b"", b"x" * 129, b"a b", b"a\nb", b"\xff", b"a;b", "²".encode("latin-1")])
async def test_a_bad_or_missing_one_is_replaced_by_a_uuid7(given: bytes) -> None:
    for headers in ([(b"x-request-id", given)], []):
        answered = await call(RequestMiddleware(refusing), http_scope(headers=headers))
        assert UUID7_HEX.fullmatch(answered.headers["x-request-id"])


async def test_other_kinds_of_connection_pass() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    await RequestMiddleware(app)({"type": "lifespan"}, "receive", "send")  # type: ignore[arg-type]  # passed through untouched
    assert seen == [({"type": "lifespan"}, "receive", "send")]


async def test_without_a_body_the_servers_own_receive_is_used() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(receive)
        await refusing(scope, receive, send)

    receive = messages([])
    await call(RequestMiddleware(app), http_scope(), receive)
    await call(RequestMiddleware(app), http_scope("POST"), receive)
    assert seen == [receive, receive]


async def test_a_body_in_time() -> None:
    answered = await call(
        RequestMiddleware(reading), http_scope("POST", headers=[CHUNKED]), messages([b"a", b"", b"bc"])
    )
    assert (answered.status, answered.body) == (200, b"abc")
    assert "connection" not in answered.headers
    answered = await call(
        RequestMiddleware(reading), http_scope("POST", headers=[(b"content-length", b"0")]), messages([])
    )
    assert (answered.status, answered.body) == (200, b"")


async def test_a_stalled_body() -> None:
    scope = http_scope("POST", headers=[(b"content-length", b"10")])
    answered = await call(RequestMiddleware(reading, quick()), scope, stalling([b"abc"]))
    assert answered.body == b"BodyTooSlow: No byte of the body arrived for 0.1 s."
    assert answered.headers["connection"] == "close"


async def test_a_body_that_drips() -> None:
    """One byte each time just before the clock runs out."""

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    config = quick(body_idle_seconds=10, body_grace_seconds=0.1, body_min_rate=1000)
    answered = await call(RequestMiddleware(reading, config), http_scope("POST", headers=[CHUNKED]), receive)
    assert answered.body == b"BodyTooSlow: The body arrives too slowly."
    assert answered.headers["connection"] == "close"


async def test_a_slow_application_is_not_the_clients_fault() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def slowly() -> Any:
            await asyncio.sleep(0.02)
            return await receive()

        await reading(scope, slowly, send)

    config = quick(body_grace_seconds=0.05, body_min_rate=10**6)
    answered = await call(RequestMiddleware(app, config), http_scope("POST", headers=[CHUNKED]), messages([b"x"] * 10))
    assert answered.body == b"x" * 10


@pytest.mark.parametrize(
    ("length", "pieces", "complete"),
    [(None, [b"abc"], False), (b"10", [b"abc"], False), (b"10", [b"abc"], True), (b"10", [], True), (None, [], False)],
)
async def test_an_incomplete_body(length: bytes | None, pieces: list[bytes], complete: bool) -> None:
    headers = [CHUNKED] if length is None else [(b"content-length", length)]
    answered = await call(
        RequestMiddleware(reading), http_scope("POST", headers=headers), messages(pieces, complete=complete)
    )
    assert answered.body == b"BodyIncomplete: The request body ended before it was complete."


async def test_after_the_body_a_disconnect_is_a_disconnect() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await reading(scope, receive, send)
        assert (await receive())["type"] == "http.disconnect"

    await call(RequestMiddleware(app), http_scope("POST", headers=[(b"content-length", b"3")]), messages([b"abc"]))


async def test_the_same_error_again() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(3):
            with pytest.raises(BodyIncomplete):
                await receive()
        await refusing(scope, receive, send)

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
async def test_ambiguous_framing(headers: list[tuple[bytes, bytes]]) -> None:
    framing = Framing.of(headers)
    assert framing is not None
    assert framing.error
    answered = await call(RequestMiddleware(reading), http_scope("POST", headers=headers), messages([b"abc"]))
    assert answered.body.startswith(b"Malformed: Content-Length")
    assert answered.headers["connection"] == "close"


async def test_an_early_answer_waits_for_the_body() -> None:
    left = [b"x" * 400, b"y" * 400]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    scope = http_scope("POST", headers=[(b"content-length", b"800")])
    answered = await call(RequestMiddleware(refusing, quick()), scope, receive)
    assert (answered.status, left) == (401, [])
    assert "connection" not in answered.headers


async def test_but_not_for_ever_and_not_for_everything() -> None:
    scope = http_scope("POST", headers=[CHUNKED])
    answered = await call(RequestMiddleware(refusing, quick()), scope, stalling([b"x"]))
    assert (answered.status, answered.headers["connection"]) == (401, "close")
    endless = stalling([b"x" * 400] * 10)
    answered = await call(RequestMiddleware(refusing, quick(drain_seconds=60)), scope, endless)
    assert (answered.status, answered.headers["connection"]) == (401, "close")
    assert len((await endless())["body"]) == 400
    answered = await call(RequestMiddleware(refusing, quick()), scope, messages([b"x"], complete=False))
    assert (answered.status, answered.headers["connection"]) == (401, "close")


async def test_what_cannot_be_drained_is_not_begun() -> None:
    async def receive() -> Any:
        raise AssertionError("nothing may be read")

    scope = http_scope("POST", headers=[(b"content-length", b"1001")])
    answered = await call(RequestMiddleware(refusing, quick()), scope, receive)
    assert (answered.status, answered.headers["connection"]) == (401, "close")
    expecting = http_scope("POST", headers=[(b"content-length", b"800"), (b"expect", b"100-Continue")])
    assert (await call(RequestMiddleware(refusing, quick()), expecting, receive)).status == 401


async def test_who_was_told_to_continue_is_drained() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await refusing(scope, receive, send)

    receive = messages([b"a" * 100] * 5)
    headers = [(b"content-length", b"500"), (b"expect", b"100-continue")]
    await call(RequestMiddleware(app, quick()), http_scope("POST", headers=headers), receive)
    assert (await receive())["type"] != "http.request" or not (await receive()).get("body")


async def test_an_exception_nobody_rendered() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("secret detail")

    with capture_logs() as logs:
        answered = await call(RequestMiddleware(app), http_scope())
    assert (answered.status, answered.body) == (500, b"Internal error\n")
    assert len(answered.headers["x-request-id"]) == 32
    assert [entry["event"] for entry in logs] == ["request failed", "request"]
    assert logs[1]["status"] == 500


async def test_an_exception_after_the_answer_started_is_the_servers() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    with capture_logs() as logs, pytest.raises(RuntimeError):
        await call(RequestMiddleware(app), http_scope())
    assert logs[1]["status"] == 200


async def test_the_log_line_and_the_hook() -> None:
    finished: list[tuple[str, int, float]] = []
    gate = RequestMiddleware(
        reading, on_finish=lambda scope, status, seconds: finished.append((scope["path"], status, seconds))
    )
    scope = http_scope("POST", "/v1/asset", query=b"secret=1", headers=[CHUNKED])
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        answered = await call(gate, scope, messages([b"abc", b"d"]))
    (line,) = logs
    assert line.pop("ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "POST",
        "path": "/v1/asset",
        "status": 200,
        "bytes_in": 4,
        "bytes_out": 4,
        "request_id": answered.headers["x-request-id"],
    }
    ((path, status, seconds),) = finished
    assert (path, status) == ("/v1/asset", 200)
    assert 0 <= seconds < 60


async def test_no_log_line_when_not_wanted() -> None:
    with capture_logs() as logs:
        await call(RequestMiddleware(refusing, RequestConfig(access_log=False)), http_scope())
    assert not logs


async def test_bytes_of_a_file_sent_by_path_are_counted() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"77")]})
        await send({"type": "http.response.pathsend", "path": "/x"})

    with capture_logs() as logs:
        await call(RequestMiddleware(app), http_scope())
    assert logs[0]["bytes_out"] == 77


async def test_headers_of_the_application_are_left_as_they_are() -> None:
    message = {"type": "http.response.start", "status": 200, "headers": ((b"a", b"b"),)}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(message)
        await send({"type": "http.response.body"})

    await call(RequestMiddleware(app), http_scope())
    assert message == {"type": "http.response.start", "status": 200, "headers": ((b"a", b"b"),)}


def rendered(_: Request[Any, Any, Any], error: LibraryError) -> Response[Any]:
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
        exception_handlers={LibraryError: rendered},
        cors_config=CORSConfig(allow_origins=["https://a.example"]),
        openapi_config=None,
        logging_config=None,
    )
    return RequestMiddleware(app, quick())


async def test_every_answer_of_the_framework_carries_the_id() -> None:
    statuses = []
    for method, path, headers in [
        ("GET", "/nowhere", []),
        ("DELETE", "/json", []),
        ("GET", "/boom", []),
        ("OPTIONS", "/json", [(b"origin", b"https://a.example"), (b"access-control-request-method", b"POST")]),
    ]:
        scope = http_scope(method, path, headers=[*headers, (b"x-request-id", b"mine")])
        answered = await call(framework(), scope, messages([]))
        assert answered.headers["x-request-id"] == "mine"
        statuses.append(answered.status)
    assert statuses == [404, 405, 500, 204]


async def test_the_framework_reads_bodies_through_the_gate() -> None:
    headers = [(b"content-length", b"7"), (b"x-request-id", b"mine")]
    answered = await call(framework(), http_scope("POST", "/json", headers=headers), messages([b'{"a":', b"1}"]))
    assert (answered.status, answered.body) == (201, b'{"data":{"a":1},"id":"mine"}')
    for receive, error in [
        (messages([b'{"a":'], complete=False), BodyIncomplete),
        (messages([b'{"a":']), BodyIncomplete),
        (stalling([b'{"a":']), BodyTooSlow),
    ]:
        answered = await call(framework(), http_scope("POST", "/json", headers=headers), receive)
        assert answered.body == b'{"error":"%s"}' % error.__name__.encode()
    headers = [(b"content-length", b"7"), CHUNKED]
    answered = await call(framework(), http_scope("POST", "/json", headers=headers), messages([b'{"a":1}']))
    assert answered.body == b'{"error":"%s"}' % Malformed.__name__.encode()
