"""Fetching a URL that a request names, from allow-listed hosts, with limits on size and time.

Protection against server-side request forgery (hazards i-7, OWASP case 2): the host must be on the allow-list; its
name is resolved once, and every address it resolves to must be allowed; the connection goes to a checked address, not
to the name; each redirect is checked in the same way.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import unquote

import httpx
import structlog

from mediatheque.errors import FetchFailed, TooLarge, UrlRefused
from mediatheque.http.content_disposition import basename, filename, parse
from mediatheque.http.content_encoding import codings_of
from mediatheque.http.fetch.addresses import allowed_address, parse_networks
from mediatheque.http.fetch.allow_list import AllowList
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.http.fetch.transport import Target, chunks, open_response, tls_context
from mediatheque.library.ingest.request import ByteSink
from mediatheque.model import DeclaredMetadata
from mediatheque.model.urls import DEFAULT_PORTS

_log = structlog.get_logger()

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns all addresses of a host, as text. Raises OSError when there are none."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


async def resolve(host: str, port: int) -> Sequence[str]:
    """Resolve the host with the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class RemoteBody:
    """The content of a URL, as a body for the ingest pipeline."""

    def __init__(self, url: str, config: FetchConfig, *, resolve: Resolve = resolve) -> None:
        self._url = url
        self._config = config
        self._allowed = AllowList(config.hosts)
        self._resolve = resolve

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Stream the content to the sink.

        Raises `UrlRefused`, `FetchFailed` (not found, not readable, too slow) and `TooLarge`.
        """
        seconds = self._config.timeout_seconds
        try:
            async with asyncio.timeout(seconds) as clock:
                return await self._follow_redirects(sink)
        except TimeoutError as error:
            if clock.expired():
                raise FetchFailed(f"Reading the URL took longer than {seconds:g} seconds.") from error
            raise

    async def _follow_redirects(self, sink: ByteSink) -> DeclaredMetadata:
        tls = await asyncio.to_thread(tls_context, self._config.ca_file)
        url = _parse_url(self._url)
        for _ in range(self._config.redirects + 1):
            target = await self._check(url)
            async with open_response(target, tls, self._config.timeout_seconds) as response:
                if response.status_code not in _REDIRECTS:
                    await self._stream_content(response, sink)
                    return _declared_metadata(url, response)
                url = _redirect_url(url, response.headers.get("location", ""))
        raise FetchFailed("The URL redirects too often.")

    async def _check(self, url: httpx.URL) -> Target:
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

    async def _stream_content(self, response: httpx.Response, sink: ByteSink) -> None:
        limit = self._config.max_bytes
        if response.status_code != httpx.codes.OK:
            raise FetchFailed(f"The URL answered with status {response.status_code}.")
        if codings := codings_of(response.headers.get_list("content-encoding")):
            raise FetchFailed(f"The URL answered with encoded content: {', '.join(codings)[:50]}.")
        declared = response.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > limit:
            raise TooLarge(limit)
        received = 0
        async for chunk in chunks(response):
            received += len(chunk)
            if received > limit:
                raise TooLarge(limit)
            await sink.write(chunk)


def _parse_url(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise UrlRefused from error


def _redirect_url(url: httpx.URL, location: str) -> httpx.URL:
    if not location:
        raise FetchFailed("The URL redirects to nowhere.")
    try:
        return url.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise UrlRefused from error


def _declared_metadata(url: httpx.URL, response: httpx.Response) -> DeclaredMetadata:
    _, parameters = parse(response.headers.get("content-disposition", ""))
    name = filename(parameters) or basename(unquote(url.path))
    return DeclaredMetadata(name=name, type=parse(response.headers.get("content-type", ""))[0] or None)


def _refuse(url: httpx.URL, reason: str) -> UrlRefused:
    _log.info("url_refused", host=url.raw_host.decode("ascii"), reason=reason)
    return UrlRefused()
