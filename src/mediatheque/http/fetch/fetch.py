"""Fetching a URL that a request names, from allow-listed hosts, with limits on size and time.

Protection against server-side request forgery (hazards i-7, OWASP case 2): the host must be on the allow-list; its
name is resolved once, and every address it resolves to must be allowed; the connection goes to a checked address, not
to the name; each redirect is checked in the same way.
"""

import asyncio
from urllib.parse import unquote

import httpx

from mediatheque.errors import FetchFailed, TooLarge, UrlRefused
from mediatheque.http.content_disposition import basename, filename, parse
from mediatheque.http.content_encoding import codings_of
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.http.fetch.targets import Resolve, Targets, parse_url, resolve
from mediatheque.http.fetch.transport import chunks, open_response, tls_context
from mediatheque.library.ingest.request import ByteSink
from mediatheque.model import DeclaredMetadata

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class RemoteBody:
    """The content of a URL, as a body for the ingest pipeline."""

    def __init__(self, url: str, config: FetchConfig, *, resolve: Resolve = resolve) -> None:
        self._url = url
        self._config = config
        self._targets = Targets(config, resolve=resolve)

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
        url = parse_url(self._url)
        for _ in range(self._config.redirects + 1):
            target = await self._targets.check(url)
            async with open_response(target, tls, self._config.timeout_seconds) as response:
                if response.status_code not in _REDIRECTS:
                    await self._stream_content(response, sink)
                    return _declared_metadata(url, response)
                url = _redirect_url(url, response.headers.get("location", ""))
        raise FetchFailed("The URL redirects too often.")

    async def _stream_content(self, response: httpx.Response, sink: ByteSink) -> None:
        limit = self._config.max_bytes
        if response.status_code != httpx.codes.OK:
            raise FetchFailed(f"The URL answered with status {response.status_code}.", status=response.status_code)
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
