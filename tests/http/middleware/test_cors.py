"""What pages of other origins are told: the headers of the CORS protocol, on every answer that leaves the house."""

from typing import Any

import pytest

from mediatheque.http.middleware.cors import CorsConfig, CorsMiddleware
from mediatheque.http.middleware.request import RequestConfig, RequestMiddleware
from tests.http.wire import call, http_scope, messages

APP = "https://app.example"
NAMED = CorsConfig(origins=(APP, "http://localhost:5173"), max_age=60)


async def answering(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 401, "headers": [(b"vary", b"Accept")]})
    await send({"type": "http.response.body", "body": b"no"})


async def unreachable(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("a preflight is nobody else's")


def asking(method: str = "GET", origin: str = APP, **more: str) -> Any:
    headers = {"origin": origin, **{name.replace("_", "-"): value for name, value in more.items()}}
    return http_scope(method, headers=[(name.encode(), value.encode()) for name, value in headers.items() if value])


def preflight(origin: str = APP, headers: str = "authorization, x-fal-file-name", **more: str) -> Any:
    asked = {"access_control_request_method": "PUT", "access_control_request_headers": headers, **more}
    return asking("OPTIONS", origin, **asked)


async def test_every_page_may_read_every_answer_by_default() -> None:
    for origin in (APP, "null", ""):
        answered = await call(CorsMiddleware(answering, CorsConfig()), asking(origin=origin))
        assert (answered.status, answered.body) == (401, b"no")
        assert answered.headers["access-control-allow-origin"] == "*"
        assert "retry-after" in answered.headers["access-control-expose-headers"].lower()
        assert answered.headers["vary"] == "Accept"
        assert "access-control-allow-credentials" not in answered.headers


async def test_a_preflight_grants_the_headers_it_asks_for() -> None:
    answered = await call(CorsMiddleware(unreachable, CorsConfig()), preflight())
    assert (answered.status, answered.body) == (204, b"")
    assert answered.headers["access-control-allow-origin"] == "*"
    assert answered.headers["access-control-allow-headers"] == "authorization, x-fal-file-name"
    assert "PUT" in answered.headers["access-control-allow-methods"].split(", ")
    assert answered.headers["access-control-max-age"] == "7200"


async def test_named_origins_and_nobody_else() -> None:
    for origin in NAMED.origins:
        read = await call(CorsMiddleware(answering, NAMED), asking(origin=origin))
        asked = await call(CorsMiddleware(unreachable, NAMED), preflight(origin))
        assert read.headers["access-control-allow-origin"] == asked.headers["access-control-allow-origin"] == origin
        assert asked.headers["access-control-max-age"] == "60"
    for stranger in ("https://evil.example", f"{APP}.evil.example", APP.upper(), f"{APP}:8443", "null"):
        read = await call(CorsMiddleware(answering, NAMED), asking(origin=stranger))
        asked = await call(CorsMiddleware(unreachable, NAMED), preflight(stranger))
        assert (read.status, asked.status) == (401, 204)
        assert not [name for name in (*read.headers, *asked.headers) if name.startswith("access-control")]


@pytest.mark.parametrize("origin", [APP, "https://evil.example", ""])
async def test_where_origins_are_named_answers_depend_on_them(origin: str) -> None:
    """A cache must not give one page what was said to another."""
    read = await call(CorsMiddleware(answering, NAMED), asking(origin=origin))
    assert varying(read.events) == {"accept", "origin"}
    if origin:
        asked = await call(CorsMiddleware(unreachable, NAMED), preflight(origin))
        assert varying(asked.events) == {"origin", "access-control-request-method", "access-control-request-headers"}


async def test_a_private_network_is_not_opened() -> None:
    answered = await call(
        CorsMiddleware(unreachable, CorsConfig()), preflight(access_control_request_private_network="true")
    )
    assert "access-control-allow-private-network" not in answered.headers


@pytest.mark.parametrize("scope", [asking("OPTIONS"), asking("OPTIONS", "", access_control_request_method="PUT")])
async def test_other_uses_of_options_reach_the_application(scope: Any) -> None:
    assert (await call(CorsMiddleware(answering, CorsConfig()), scope)).status == 401


async def test_even_an_answer_in_nobodys_words_can_be_read() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    answered = await call(
        CorsMiddleware(RequestMiddleware(failing, RequestConfig()), CorsConfig()), asking(), messages([])
    )
    assert (answered.status, answered.headers["access-control-allow-origin"]) == (500, "*")
    assert answered.headers["x-request-id"]


async def test_other_kinds_of_connection_pass() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    await CorsMiddleware(app, NAMED)({"type": "lifespan"}, "receive", "send")  # type: ignore[arg-type]  # passed through untouched
    assert seen == [({"type": "lifespan"}, "receive", "send")]


def varying(events: list[dict[str, Any]]) -> set[str]:
    lines = [value.decode() for name, value in events[0]["headers"] if name == b"vary"]
    return {name.strip().lower() for line in lines for name in line.split(",")}
