"""Requests to the APIs of other services: one GET with credentials, checked as any fetch, without redirects."""

import asyncio
from collections.abc import Mapping

import msgspec

from mediatheque.errors import FetchFailed
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.http.fetch.targets import Targets, parse_url
from mediatheque.http.fetch.transport import chunks, open_response, tls_context


class ApiAnswer(msgspec.Struct, frozen=True):
    """The status and the body of an answer."""

    status: int
    body: bytes


async def get(url: str, headers: Mapping[str, str], config: FetchConfig) -> ApiAnswer:
    """Return the answer to one GET, at most `config.max_bytes` of it. Raises `UrlRefused` and `FetchFailed`.

    A redirect is an answer like any other: the headers hold credentials, which are for this URL alone.
    """
    seconds = config.timeout_seconds
    target = await Targets(config).check(parse_url(url))
    tls = await asyncio.to_thread(tls_context, config.ca_file)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds), open_response(target, tls, seconds, headers) as response:
            async for chunk in chunks(response):
                body += chunk
                if len(body) > config.max_bytes:
                    raise FetchFailed(f"The answer is larger than {config.max_bytes} bytes.")
            return ApiAnswer(response.status_code, bytes(body))
    except TimeoutError as error:
        raise FetchFailed(f"There was no answer within {seconds:g} seconds.") from error
