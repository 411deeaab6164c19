"""What a trusted proxy forwards makes up the URLs; from anyone else it is ignored."""

from typing import Any

import pytest
from litestar import Request

from mediatheque.errors import Malformed
from mediatheque.http.forwarded import TrustedProxies
from mediatheque.http.urls import Origins
from tests.http.wire import http_scope

PROXY = "10.1.2.3"


def _request(client: str | None = PROXY, **headers: str) -> Request[Any, Any, Any]:
    given = [
        (name.replace("_", "-").encode(), value.encode()) for name, value in {"host": "inner:8000", **headers}.items()
    ]
    return Request(http_scope(headers=given, client=client and (client, 1)))


def _base(request: Request[Any, Any, Any], *networks: str) -> str:
    return Origins(None, TrustedProxies(networks)).base(request)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x_forwarded_proto": "https", "x_forwarded_host": "m.example"}, "https://m.example"),
        ({"x_forwarded_proto": "HTTPS"}, "https://inner:8000"),
        ({"x_forwarded_host": "m.example:8443"}, "http://m.example:8443"),
        ({"x_forwarded_proto": "https, http", "x_forwarded_host": "m.example, inner"}, "https://m.example"),
        ({"x_forwarded_proto": "", "x_forwarded_host": ""}, "http://inner:8000"),
        ({}, "http://inner:8000"),
    ],
)
def test_trusted_proxy_tells_scheme_and_host(headers: dict[str, str], expected: str) -> None:
    assert _base(_request(**headers), "10.0.0.0/8") == expected


@pytest.mark.parametrize(
    ("client", "networks", "is_trusted"),
    [
        (PROXY, [], False),
        (PROXY, [PROXY], True),
        (PROXY, ["192.168.0.0/16", "10.1.0.0/16"], True),
        (PROXY, ["10.1.2.4"], False),
        (PROXY, ["*"], True),
        ("::ffff:10.1.2.3", ["10.0.0.0/8"], True),
        ("fe80::1%eth0", ["fe80::/10"], True),
        ("::1", ["127.0.0.1"], False),
        (None, ["10.0.0.0/8"], False),
        (None, ["*"], True),
    ],
)
def test_only_named_proxies_are_trusted(client: str | None, networks: list[str], is_trusted: bool) -> None:
    request = _request(client, x_forwarded_proto="https", x_forwarded_host="m.example")
    assert _base(request, *networks) == ("https://m.example" if is_trusted else "http://inner:8000")


def test_public_url_wins_over_forwarded_headers() -> None:
    request = _request(x_forwarded_host="m.example")
    assert Origins("https://p.example", TrustedProxies(["*"])).base(request) == "https://p.example"


@pytest.mark.parametrize(
    "headers",
    [{"x_forwarded_proto": "javascript"}, {"x_forwarded_host": "m.example/a"}, {"x_forwarded_host": "a@b"}],
)
def test_invalid_forwarded_header_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="X-Forwarded"):
        _base(_request(**headers), "*")


@pytest.mark.parametrize("network", ["", "proxy.example", "10.0.0.0/33", "10.0.0"])
def test_invalid_network_is_refused(network: str) -> None:
    with pytest.raises(ValueError, match="neither an IP address"):
        TrustedProxies([network])


@pytest.mark.parametrize(
    ("client", "networks", "forwarded", "expected"),
    [
        ("203.0.113.9", [], None, "203.0.113.9"),
        ("203.0.113.9", ["10.0.0.0/8"], "198.51.100.1", "203.0.113.9"),
        (PROXY, ["10.0.0.0/8"], None, PROXY),
        (PROXY, ["10.0.0.0/8"], "198.51.100.1", "198.51.100.1"),
        (PROXY, ["10.0.0.0/8"], "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        (PROXY, ["10.0.0.0/8"], "192.0.2.66, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        (PROXY, ["10.0.0.0/8"], "10.9.9.9", "10.9.9.9"),
        (PROXY, ["10.0.0.0/8"], "198.51.100.1, no address", None),
        (PROXY, ["10.0.0.0/8"], "198.51.100.1:4711", "198.51.100.1"),
        (PROXY, ["10.0.0.0/8"], "[2001:db8::1]:4711", "2001:db8::1"),
        (PROXY, ["10.0.0.0/8"], "2001:db8::1", "2001:db8::1"),
        (PROXY, ["*"], "192.0.2.66, 198.51.100.1", "192.0.2.66"),
        ("::ffff:203.0.113.9", [], None, "203.0.113.9"),
        (None, ["*"], "192.0.2.66", "192.0.2.66"),
        (None, [], None, None),
    ],
)
def test_the_last_address_that_is_no_proxys_is_the_clients(
    client: str | None, networks: list[str], forwarded: str | None, expected: str | None
) -> None:
    """What stands before it was sent by the client, which may send anything."""
    request = _request(client, **({"x_forwarded_for": forwarded} if forwarded else {}))
    assert Origins(None, TrustedProxies(networks)).client(request) == expected
