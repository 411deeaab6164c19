"""How a bucket is reached, and what it means when it cannot be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import structlog
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from mediatheque.errors import BlobsUnavailable, NotFound

ANSWER_SECONDS = 3.0
"""What a question without a body may take, retries included."""

_log = structlog.get_logger()


def connect(url: str) -> ObjectStore:
    """The bucket and prefix in `url`; its query sets obstore's options. Sends nothing.

    Raises `ValueError` for what can never work, without repeating the query, which may hold a secret.
    """
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
    try:
        return from_url(
            plain,
            client_options={
                "allow_http": True,
                "connect_timeout": timedelta(seconds=2),
                # Covers the sending of one part as well: 8 MiB in 20 s is a link of 3.4 Mbit/s.
                "read_timeout": timedelta(seconds=20),
                # A whole download, at the pace of whoever reads it.
                "timeout": timedelta(hours=12),
            },
            retry_config={
                "max_retries": 3,
                "retry_timeout": timedelta(seconds=4),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=1),
                    "base": 2,
                },
            },
            **options,
        )
    except (BaseError, ValueError) as error:
        raise ValueError(f"cannot use {plain} for blobs: {str(error).splitlines()[0]}") from error


@asynccontextmanager
async def map_store_errors(verb: str, seconds: float | None = ANSWER_SECONDS) -> AsyncIterator[None]:
    """Turns what obstore raises into `NotFound` (no such object, or no such bucket) or `BlobsUnavailable`.

    Anything that takes longer than `seconds` counts as no answer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except FileNotFoundError as error:
        raise NotFound from error
    except (BaseError, OSError) as error:
        _log.warning("blob store does not answer", verb=verb, error=type(error).__name__, reason=_reason(error))
        raise BlobsUnavailable from error


def _reason(error: Exception) -> str:
    """obstore's first line is "… in 1.2ms - what happened"; what stands before the dash names the object."""
    first = next(iter(str(error).splitlines()), "")
    return (first.rpartition(" - ")[2] or "timeout")[:200]
