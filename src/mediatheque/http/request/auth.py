"""Who is asking: the guards that stand before every body.

One key format is accepted in every vendor's header: `Authorization: Bearer|Key <key>` or `X-API-Key: <key>`.
"""

from typing import Any
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from mediatheque.errors import ScopeMissing
from mediatheque.http.context import context_of
from mediatheque.model import Caller, Scope, Upload, Way

Connection = ASGIConnection[Any, Any, Any, Any]


def presented_key(connection: Connection) -> str | None:
    """The key that the request shows, in whichever header."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "key") and credentials.strip():
        return credentials.strip()
    return connection.headers.get("x-api-key")


def needs(scope: Scope, *, passes: bool = False) -> Guard:
    """A guard: a live key with that scope, used no more often than it may be. `passes` admits short-lived tokens.

    Raises `KeyRefused`, `ScopeMissing` or `RateLimited`, before a byte of the body is read.
    """

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        context = context_of(connection)
        caller = await context.library.accounts.authenticate(presented_key(connection), passes=passes)
        await context.rate.spend(str(caller.key_id))
        if not caller.scopes & {scope, Scope.ADMIN}:
            raise ScopeMissing(f"This API key lacks the scope {scope.value!r}.")
        connection.scope["state"]["caller"] = caller

    return guard


async def redeemed(request: Connection, id: UUID, way: Way) -> Upload:
    """The upload whose token, the permission, stands in the URL; a use of the key that promised it.

    `NotFound` for any other token, `RateLimited`.
    """
    context = context_of(request)
    upload = await context.library.uploads.redeem(id, request.query_params.get("token", ""), way)
    await context.rate.spend(str(upload.key_id))
    return upload


def caller_of(connection: Connection) -> Caller:
    """Who the guard let in."""
    caller: Caller = connection.scope["state"]["caller"]
    return caller
