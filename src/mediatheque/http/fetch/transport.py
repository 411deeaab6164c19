"""One request to another server at a checked address, without cookies, proxies or decoding."""

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import NamedTuple

import httpx

from mediatheque.errors import FetchFailed
from mediatheque.http.fetch.addresses import Address

_CHUNK_BYTES = 256 * 1024


class Target(NamedTuple):
    """A URL that passed every check, and the addresses it may be fetched from."""

    url: httpx.URL
    addresses: tuple[Address, ...]


@asynccontextmanager
async def open_response(
    target: Target, tls: ssl.SSLContext, seconds: float, headers: Mapping[str, str] | None = None
) -> AsyncIterator[httpx.Response]:
    """Send one request to the first address that accepts a connection. Raises FetchFailed."""
    async with httpx.AsyncHTTPTransport(verify=tls, trust_env=False) as transport:
        response = await _connect(transport, target, seconds, headers or {})
        try:
            yield response
        finally:
            await response.aclose()


async def _connect(
    transport: httpx.AsyncHTTPTransport, target: Target, seconds: float, headers: Mapping[str, str]
) -> httpx.Response:
    for address in target.addresses:
        try:
            with _map_errors():
                return await transport.handle_async_request(_build_request(target.url, address, seconds, headers))
        except FetchFailed as error:
            if address == target.addresses[-1] or not isinstance(error.__cause__, httpx.ConnectError):
                raise
    raise FetchFailed


def _build_request(url: httpx.URL, address: Address, seconds: float, more: Mapping[str, str]) -> httpx.Request:
    """Build a request to the address, with the name of the host in Host and in TLS."""
    headers = {
        "host": url.netloc.decode("ascii"),
        "accept": "*/*",
        "accept-encoding": "identity",
        "user-agent": "mediatheque",
        **more,
    }
    timeout = httpx.Timeout(seconds).as_dict()
    extensions = {"sni_hostname": url.raw_host.decode("ascii"), "timeout": timeout}
    return httpx.Request("GET", url.copy_with(host=str(address)), headers=headers, extensions=extensions)


async def chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body as it is sent. Raises FetchFailed."""
    raw = response.aiter_raw(_CHUNK_BYTES)
    while True:
        with _map_errors():
            chunk = await anext(raw, None)
        if chunk is None:
            return
        yield chunk


@contextmanager
def _map_errors() -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise FetchFailed("The URL could not be read.") from error


@cache
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that trusts the given certificates, or the public ones. Ignores environment variables."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context(trust_env=False)
