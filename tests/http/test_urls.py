from typing import Any
from uuid import UUID

import pytest
from litestar import Request

from mediatheque.http.urls import Origins, file_url_for
from tests.http.wire import http_scope

ID = UUID("0192f0c1-7a53-4c11-9d0e-3a5b1c2d4e6f")


def _request(host: str, scheme: str = "http") -> Request[Any, Any, Any]:
    return Request(http_scope(headers=[(b"host", host.encode())], scheme=scheme))


def test_base_is_host_header_without_public_url() -> None:
    assert Origins(None).base(_request("media.local:8000")) == "http://media.local:8000"


def test_base_is_public_url_for_any_host_header() -> None:
    assert Origins("https://media.example.com/").base(_request("10.0.0.1:8000")) == "https://media.example.com"


@pytest.mark.parametrize("name", ["a b.png", "é.png", "a#b?c%d.png", "日本.png", "a&b=c.png"])
def test_own_file_url_is_recognised(name: str) -> None:
    request = _request("media.local:8000")
    url = file_url_for(Origins(None).base(request), ID, name)
    assert url.isascii()
    assert Origins(None).file_id(request, url) == ID


@pytest.mark.parametrize(
    ("public_url", "host", "url"),
    [
        (None, "127.0.0.1:8000", f"http://localhost:8000/files/b/{ID.hex}/a.png"),
        (None, "LocalHost:8000", f"http://127.0.0.1:8000/files/b/{ID.hex}/a.png"),
        ("https://m.example", "10.0.0.1:8000", f"https://m.example/files/b/{ID.hex}/a.png"),
        ("https://m.example", "10.0.0.1:8000", f"http://10.0.0.1:8000/files/b/{ID.hex}/a.png"),
        ("https://m.example/media", "10.0.0.1:8000", f"https://m.example/media/files/b/{ID.hex}/a.png"),
        ("https://m.example", "10.0.0.1:8000", f"https://m.example:443/files/b/{ID.hex}/a.png"),
        (None, "h:1", f"http://h:1/files/b/{ID.hex}/a.png?download"),
        (None, "h:1", f"HTTP://H:1/x/../files/%62/{ID.hex}/a.png#top"),
        ("https://b\u00fccher.example", "10.0.0.1:8000", f"https://xn--bcher-kva.example/files/b/{ID.hex}/a.png"),
    ],
)
def test_equivalent_host_spellings_are_recognised(public_url: str | None, host: str, url: str) -> None:
    assert Origins(public_url).file_id(_request(host), url) == ID


@pytest.mark.parametrize(
    "url",
    [
        f"http://other:8000/files/b/{ID.hex}/a.png",
        f"http://media.local:8001/files/b/{ID.hex}/a.png",
        f"http://media.local:8000@evil.example/files/b/{ID.hex}/a.png",
        f"http://media.local:8000/elsewhere/files/b/{ID.hex}/a.png",
        f"http://media.local:8000/files/c/{ID.hex}/a.png",
        "http://media.local:8000/files/b/not-an-id/a.png",
        "http://[broken",
        "not a url",
        "",
    ],
)
def test_foreign_or_malformed_url_has_no_file_id(url: str) -> None:
    assert Origins(None).file_id(_request("media.local:8000"), url) is None
