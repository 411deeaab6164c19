"""One request to another server, at an address chosen beforehand: no cookies, no proxies, no keys, no decoding."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import NamedTuple

import httpx

from mediatheque.errors import FetchFailed
from mediatheque.http.fetch.addresses import Address

_CHUNK_BYTES = 256 * 1024


class Target(NamedTuple):
    """A URL that passed every check, and the addresses it may be read at."""

    url: httpx.URL
    addresses: tuple[Address, ...]


@asynccontextmanager
async def open_response(target: Target, tls: ssl.SSLContext, seconds: float) -> AsyncIterator[httpx.Response]:
    """One request, to the first of the addresses that takes the connection. Raises FetchFailed."""
    async with httpx.AsyncHTTPTransport(verify=tls, trust_env=False) as transport:
        response = await _connect(transport, target, seconds)
        try:
            yield response
        finally:
            await response.aclose()


async def _connect(transport: httpx.AsyncHTTPTransport, target: Target, seconds: float) -> httpx.Response:
    for address in target.addresses:
        try:
            with _map_errors():
                return await transport.handle_async_request(_build_request(target.url, address, seconds))
        except FetchFailed as error:
            if address == target.addresses[-1] or not isinstance(error.__cause__, httpx.ConnectError):
                raise
    raise FetchFailed


def _build_request(url: httpx.URL, address: Address, seconds: float) -> httpx.Request:
    """A request to the address that presents itself, in Host and in TLS, as one to the name."""
    headers = {
        "host": url.netloc.decode("ascii"),
        "accept": "*/*",
        "accept-encoding": "identity",
        "user-agent": "mediatheque",
    }
    timeout = httpx.Timeout(seconds).as_dict()
    extensions = {"sni_hostname": url.raw_host.decode("ascii"), "timeout": timeout}
    return httpx.Request("GET", url.copy_with(host=str(address)), headers=headers, extensions=extensions)


async def chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body as sent. Raises FetchFailed."""
    raw = response.aiter_raw(_CHUNK_BYTES)
    while True:
        with _map_errors():
            piece = await anext(raw, None)
        if piece is None:
            return
        yield piece


@contextmanager
def _map_errors() -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise FetchFailed("The URL could not be read.") from error


@cache
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Whose certificates are believed. The environment has no say."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context(trust_env=False)
