"""The base URL of this server as the client sees it, and the URLs of files below it."""

from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

from litestar.connection import ASGIConnection

from mediatheque.http.forwarded import TrustedProxies
from mediatheque.model import File
from mediatheque.model.urls import normal_form

FILES = "/files/b"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_DEFAULT_PORTS = frozenset({"80", "443"})


class Origins:
    """The URLs of this server, built and recognised.

    `public_url` is the address under which clients reach it, e.g. `https://media.example.com`; without one, each
    request's own Host header is used, or what one of `proxies` forwards.
    """

    def __init__(self, public_url: str | None, proxies: TrustedProxies | None = None) -> None:
        self._proxies = proxies or TrustedProxies()
        self._public_url = public_url.rstrip("/") if public_url else None
        self._prefix = urlsplit(self._public_url or "").path

    def base(self, connection: ASGIConnection[Any, Any, Any, Any]) -> str:
        """Return scheme, host and port, without a slash at the end.

        Raises `Malformed` when the Host header, or what a proxy forwards instead, is missing or invalid. Call it before
        anything is stored, so that no completed request fails while its response is rendered.
        """
        if self._public_url:
            return self._public_url
        scheme, host = self._proxies.origin(connection)
        return f"{scheme}://{host}"

    def client(self, connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
        """Return the client's IP address, as far as it is known."""
        return self._proxies.client(connection)

    def file_id(self, connection: ASGIConnection[Any, Any, Any, Any], url: str) -> UUID | None:
        """Return the id in the URL of a file on this server; None for any other URL."""
        return self.file_id_on_any_host(url) if self.is_ours(connection, url) else None

    def file_id_on_any_host(self, url: str) -> UUID | None:
        """Return the id in a URL with the path of a file; None for any other URL."""
        try:
            prefix, _, rest = urlsplit(normal_form(url)).path.partition(f"{FILES}/")
            return UUID(hex=rest.partition("/")[0]) if prefix in ("", self._prefix) else None
        except ValueError:
            return None

    def is_ours(self, connection: ASGIConnection[Any, Any, Any, Any], url: str) -> bool:
        """Whether the URL points at this server."""
        ours = _netloc(self.base(connection)), connection.headers.get("host", "")
        netloc = _netloc(url)
        return bool(netloc) and any(_same_host(netloc, each) for each in ours)


def file_url(base: str, file: File) -> str:
    """Return the URL of the file."""
    return file_url_for(base, file.id, file.name)


def file_url_for(base: str, id: UUID, name: str) -> str:
    """Return the URL of the file with this id and name, which need not exist yet."""
    return f"{base}{FILES}/{id.hex}/{quote(name, safe='')}"


def _netloc(url: str) -> str:
    """Return host and port; empty for an invalid URL."""
    try:
        return urlsplit(normal_form(url)).netloc
    except ValueError:
        return ""


def _same_host(left: str, right: str) -> bool:
    return _canonical(left) == _canonical(right)


def _canonical(netloc: str) -> str:
    host, _, port = netloc.lower().rpartition(":")
    if not host or not port.isdigit():
        host, port = netloc.lower(), ""
    if port in _DEFAULT_PORTS:
        port = ""
    return f"{'localhost' if host in _LOOPBACK else host}:{port}"
