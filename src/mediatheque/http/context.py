"""What a request handler works with: the application's services, and the request that gives access to them."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State

from mediatheque.http.fetch.config import FetchConfig
from mediatheque.http.files.cache import FileCache
from mediatheque.http.metrics import Metrics
from mediatheque.http.rate_limit import RateLimiter
from mediatheque.http.urls import Origins
from mediatheque.library import Library
from mediatheque.model import Principal

Connection = ASGIConnection[Any, Any, Any, Any]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """The services of one server process. `max_upload_bytes` limits uploads that have no limit of their own."""

    library: Library
    origins: Origins
    rate_limiter: RateLimiter
    file_cache: FileCache
    metrics: Metrics
    fetch: FetchConfig
    max_upload_bytes: int


def context_of(connection: Connection) -> Context:
    """Return the application's context."""
    context: Context = connection.app.state.context
    return context


class AppRequest(Request[Principal, None, State]):
    """A request as every handler gets it."""

    __slots__ = ("_context",)

    @property
    def context(self) -> Context:
        """The services of this server process. Kept, since Litestar's `State` takes 2 µs to look them up."""
        try:
            return self._context
        except AttributeError:
            self._context: Context = context_of(self)
            return self._context

    @property
    def library(self) -> Library:
        """The library."""
        return self.context.library

    @property
    def principal(self) -> Principal:
        """The API key that the guard has accepted. Only routes with `require_scope` have one."""
        principal: Principal = self.scope["state"]["principal"]
        return principal

    @property
    def workspace_id(self) -> UUID:
        """The workspace of the API key."""
        return self.principal.workspace_id

    @property
    def public_url(self) -> str:
        """This server's address as the client knows it. Raises `Malformed` when the Host header is missing or invalid.

        Read it before anything is stored, so that no request fails after its work is done.
        """
        return self.context.origins.base(self)
