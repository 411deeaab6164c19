"""Checking a URL before it is connected to: its host, and every address that the host has."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

import httpx
import structlog

from mediatheque.errors import FetchFailed, UrlRefused
from mediatheque.http.fetch.addresses import allowed_address, parse_networks
from mediatheque.http.fetch.allow_list import AllowList
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.http.fetch.transport import Target
from mediatheque.model.urls import DEFAULT_PORTS

_log = structlog.get_logger()

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns all addresses of a host, as text. Raises OSError when there are none."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Resolve the host with the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Targets:
    """The URLs that the configuration allows."""

    def __init__(self, config: FetchConfig, *, resolve: Resolve = resolve) -> None:
        self._config = config
        self._allowed = AllowList(config.hosts)
        self._resolve = resolve

    async def check(self, url: httpx.URL) -> Target:
        """Check and resolve the URL.

        Raises `UrlRefused` without a reason, which only the log may contain: it would disclose the private network.
        """
        port = DEFAULT_PORTS.get(url.scheme, 0) if url.port is None else url.port
        if url.scheme not in DEFAULT_PORTS or not port or url.userinfo or not self._is_listed(url, port):
            raise _refuse(url, "not on the allow-list")
        try:
            texts = await self._resolve(url.raw_host.decode("ascii").strip("[]"), port)
        except OSError as error:
            raise FetchFailed("The host of the URL was not found.") from error
        extra = parse_networks(self._config.networks)
        addresses = [allowed_address(text, extra) for text in texts]
        checked = tuple(address for address in addresses if address is not None)
        if not checked or len(checked) < len(addresses):
            raise _refuse(url, "resolves to an address that is not allowed")
        return Target(url, checked)

    def _is_listed(self, url: httpx.URL, port: int) -> bool:
        host = url.raw_host.decode("ascii")
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
        return self._allowed.has(host, port)


def parse_url(url: str) -> httpx.URL:
    """Parse the URL. Raises `UrlRefused`."""
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise UrlRefused from error


def _refuse(url: httpx.URL, reason: str) -> UrlRefused:
    _log.info("url_refused", host=url.raw_host.decode("ascii"), reason=reason)
    return UrlRefused()
