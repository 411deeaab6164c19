"""Recognition of own URLs, for each way of reaching the server."""

from uuid import UUID

import pytest
from litestar import Request

from mediatheque.errors import Malformed
from mediatheque.http.urls import Origins, file_url_for
from tests.http.wire import http_scope

ID = UUID("43ce3411-1a25-4d14-875e-3562d341b090")


def reached(host: str, scheme: str = "http") -> Request:  # type: ignore[type-arg] # of no user, auth or state
    return Request({**http_scope(headers=[(b"host", host.encode())]), "scheme": scheme})  # type: ignore[typeddict-item] # as Granian makes it


@pytest.mark.parametrize(
    ("public_url", "host", "base"),
    [
        (None, "127.0.0.1:8000", "http://127.0.0.1:8000"),
        (None, "media.example.com", "http://media.example.com"),
        (None, "[::1]:8000", "http://[::1]:8000"),
        ("https://media.example.com/", "127.0.0.1:8000", "https://media.example.com"),
        ("https://example.com/media", "127.0.0.1:8000", "https://example.com/media"),
        ("https://media.example.com", "", "https://media.example.com"),
        ("https://media.example.com", "[", "https://media.example.com"),
    ],
)
def test_own_file_url_is_recognised(public_url: str | None, host: str, base: str) -> None:
    origins, request = Origins(public_url), reached(host)
    assert origins.base(request) == base
    url = file_url_for(base, ID, "Grüße.png")
    assert url == f"{base}/files/b/{ID.hex}/Gr%C3%BC%C3%9Fe.png"
    assert origins.is_ours(request, url)
    assert origins.file_id(request, url) == ID


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://", "http://[", "http://[/files/b/x", "//", "/files/b/43ce34111a254d14875e3562d341b090/a"),
        *("http://media.example.com.evil/files/b/43ce34111a254d14875e3562d341b090/a", "http://evil/media.example.com"),
        *("http://media.example.com@evil/files/b/43ce34111a254d14875e3562d341b090/a", "http://media.example.com:1/"),
    ],
)
@pytest.mark.parametrize("host", ["media.example.com", "", "["])
def test_foreign_url_is_not_recognised(url: str, host: str) -> None:
    origins, request = Origins("https://media.example.com"), reached(host)
    assert not origins.is_ours(request, url)
    assert origins.file_id(request, url) is None


@pytest.mark.parametrize(
    "path", ["", "/", "/files/b/", "/files/b/x", "/other/files/b/43ce34111a254d14875e3562d341b090/a", "/files/c/x"]
)
def test_own_url_without_file_has_no_id(path: str) -> None:
    origins, request = Origins(None), reached("127.0.0.1:8000")
    assert origins.is_ours(request, f"http://127.0.0.1:8000{path}")
    assert origins.file_id(request, f"http://127.0.0.1:8000{path}") is None


@pytest.mark.parametrize("host", ["", "[", "a b", "a@b", "127.0.0.1:port"])
def test_invalid_host_raises_malformed(host: str) -> None:
    with pytest.raises(Malformed):
        Origins(None).base(reached(host))
