"""What every request handler may reach: put into the application's state once, read from there."""

from typing import Any

import msgspec
from litestar.connection import ASGIConnection

from mediatheque.http.fetch.fetch import FetchConfig
from mediatheque.http.files.cache import FileCache
from mediatheque.http.metrics import Metrics
from mediatheque.http.rate_limit import RateLimiter
from mediatheque.http.urls import Origins
from mediatheque.library import Library


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The library and the few things HTTP adds to it. `max_upload_bytes` bounds doors without a limit of their own."""

    library: Library
    origins: Origins
    rate_limiter: RateLimiter
    file_cache: FileCache
    metrics: Metrics
    fetch: FetchConfig
    max_upload_bytes: int


def context_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Context:
    """The application's context."""
    context: Context = connection.app.state.context
    return context
