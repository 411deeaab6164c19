"""Connecting to a bucket, and its errors as errors of the library."""

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
from mediatheque.redaction import hide

REQUEST_TIMEOUT_SECONDS = 3.0
"""Time-out of a request without a body, retries included."""

_log = structlog.get_logger()


def connect(url: str) -> ObjectStore:
    """Open the bucket and prefix in `url`; its query sets obstore's options. Sends nothing.

    Raises `ValueError` for settings that can never work. The message leaves out the query, which may hold a secret.
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
                # Includes the sending of one part: 8 MiB in 20 s is a link of 3.4 Mbit/s.
                "read_timeout": timedelta(seconds=20),
                # A whole download, at the speed of the client that reads it.
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
        raise ValueError(hide(f"cannot use {plain} for blobs: {str(error).splitlines()[0]}")) from error


@asynccontextmanager
async def map_store_errors(operation: str, seconds: float | None = REQUEST_TIMEOUT_SECONDS) -> AsyncIterator[None]:
    """Turn what obstore raises into `NotFound` (no such object, or no such bucket) or `BlobsUnavailable`.

    A call that takes longer than `seconds` raises `BlobsUnavailable`. `operation` is logged.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except FileNotFoundError as error:
        raise NotFound from error
    except (BaseError, OSError) as error:
        _log.warning("blob_store_unavailable", operation=operation, error=type(error).__name__, reason=_reason(error))
        raise BlobsUnavailable from error


def _reason(error: Exception) -> str:
    """Return the end of obstore's first line, "... in 1.2ms - reason": its beginning names the object."""
    first = next(iter(str(error).splitlines()), "")
    return (first.rpartition(" - ")[2] or "timeout")[:200]
