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
from mediatheque.model import Principal, Scope, Upload, UploadMethod

Connection = ASGIConnection[Any, Any, Any, Any]


def presented_key(connection: Connection) -> str | None:
    """The key that the request shows, in whichever header."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "key") and credentials.strip():
        return credentials.strip()
    return connection.headers.get("x-api-key")


def require_scope(scope: Scope, *, upload_tokens: bool = False) -> Guard:
    """Return a guard that requires a live key with the scope, within its rate limit.

    `upload_tokens` accepts upload tokens as well as keys.

    Raises `KeyRefused`, `ScopeMissing` or `RateLimited`, before a byte of the body is read.
    """

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        context = context_of(connection)
        principal = await context.library.accounts.authenticate(presented_key(connection), upload_tokens=upload_tokens)
        await context.rate_limiter.hit(str(principal.key_id))
        if not principal.scopes & {scope, Scope.ADMIN}:
            raise ScopeMissing(f"This API key lacks the scope {scope.value!r}.")
        connection.scope["state"]["caller"] = principal

    return guard


async def authorize_upload_token(request: Connection, id: UUID, method: UploadMethod) -> Upload:
    """The upload whose token, the permission, stands in the URL; a use of the key that promised it.

    `NotFound` for any other token, `RateLimited`.
    """
    context = context_of(request)
    upload = await context.library.uploads.sessions.authorize_token(id, request.query_params.get("token", ""), method)
    await context.rate_limiter.hit(str(upload.key_id))
    return upload


def principal_of(connection: Connection) -> Principal:
    """Who the guard let in."""
    principal: Principal = connection.scope["state"]["caller"]
    return principal
