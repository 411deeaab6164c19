"""The headers of the CORS protocol, on every response of the application."""

from typing import Any

import pytest

from mediatheque.http.middleware.cors import CorsConfig, CorsMiddleware
from mediatheque.http.middleware.request import RequestConfig, RequestMiddleware
from tests.http.wire import call, http_scope, messages

APP = "https://app.example"
LISTED = CorsConfig(origins=(APP, "http://localhost:5173"), max_age=60)


async def application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 401, "headers": [(b"vary", b"Accept")]})
    await send({"type": "http.response.body", "body": b"no"})


async def must_not_be_called(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("a preflight must not reach the application")


def cors_scope(method: str = "GET", origin: str = APP, **more: str) -> Any:
    headers = {"origin": origin, **{name.replace("_", "-"): value for name, value in more.items()}}
    return http_scope(method, headers=[(name.encode(), value.encode()) for name, value in headers.items() if value])


def preflight(origin: str = APP, headers: str = "authorization, x-fal-file-name", **more: str) -> Any:
    asked = {"access_control_request_method": "PUT", "access_control_request_headers": headers, **more}
    return cors_scope("OPTIONS", origin, **asked)


async def test_any_origin_may_read_any_response_by_default() -> None:
    for origin in (APP, "null", ""):
        response = await call(CorsMiddleware(application, CorsConfig()), cors_scope(origin=origin))
        assert (response.status, response.body) == (401, b"no")
        assert response.headers["access-control-allow-origin"] == "*"
        assert "retry-after" in response.headers["access-control-expose-headers"].lower()
        assert response.headers["vary"] == "Accept"
        assert "access-control-allow-credentials" not in response.headers


async def test_preflight_allows_requested_headers() -> None:
    response = await call(CorsMiddleware(must_not_be_called, CorsConfig()), preflight())
    assert (response.status, response.body) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-allow-headers"] == "authorization, x-fal-file-name"
    assert "PUT" in response.headers["access-control-allow-methods"].split(", ")
    assert response.headers["access-control-max-age"] == "7200"


async def test_only_listed_origins_get_cors_headers() -> None:
    for origin in LISTED.origins:
        read = await call(CorsMiddleware(application, LISTED), cors_scope(origin=origin))
        asked = await call(CorsMiddleware(must_not_be_called, LISTED), preflight(origin))
        assert read.headers["access-control-allow-origin"] == asked.headers["access-control-allow-origin"] == origin
        assert asked.headers["access-control-max-age"] == "60"
    for other in ("https://evil.example", f"{APP}.evil.example", APP.upper(), f"{APP}:8443", "null"):
        read = await call(CorsMiddleware(application, LISTED), cors_scope(origin=other))
        asked = await call(CorsMiddleware(must_not_be_called, LISTED), preflight(other))
        assert (read.status, asked.status) == (401, 204)
        assert not [name for name in (*read.headers, *asked.headers) if name.startswith("access-control")]


@pytest.mark.parametrize("origin", [APP, "https://evil.example", ""])
async def test_responses_vary_by_origin_when_origins_are_listed(origin: str) -> None:
    """Otherwise a cache could serve one origin's response to another."""
    read = await call(CorsMiddleware(application, LISTED), cors_scope(origin=origin))
    assert vary_names(read.events) == {"accept", "origin"}
    if origin:
        asked = await call(CorsMiddleware(must_not_be_called, LISTED), preflight(origin))
        assert vary_names(asked.events) == {"origin", "access-control-request-method", "access-control-request-headers"}


async def test_private_network_access_is_not_granted() -> None:
    response = await call(
        CorsMiddleware(must_not_be_called, CorsConfig()), preflight(access_control_request_private_network="true")
    )
    assert "access-control-allow-private-network" not in response.headers


@pytest.mark.parametrize(
    "scope", [cors_scope("OPTIONS"), cors_scope("OPTIONS", "", access_control_request_method="PUT")]
)
async def test_options_without_preflight_headers_reaches_application(scope: Any) -> None:
    assert (await call(CorsMiddleware(application, CorsConfig()), scope)).status == 401


async def test_unrendered_internal_error_has_cors_headers() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    response = await call(
        CorsMiddleware(RequestMiddleware(failing, RequestConfig()), CorsConfig()), cors_scope(), messages([])
    )
    assert (response.status, response.headers["access-control-allow-origin"]) == (500, "*")
    assert response.headers["x-request-id"]


async def test_lifespan_scope_is_passed_through() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    await CorsMiddleware(app, LISTED)({"type": "lifespan"}, "receive", "send")  # type: ignore[arg-type]  # passed through untouched
    assert seen == [({"type": "lifespan"}, "receive", "send")]


def vary_names(events: list[dict[str, Any]]) -> set[str]:
    lines = [value.decode() for name, value in events[0]["headers"] if name == b"vary"]
    return {name.strip().lower() for line in lines for name in line.split(",")}
