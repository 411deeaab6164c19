"""Guards that check API keys and upload tokens before the body is read.

One key format is accepted in every vendor's header: `Authorization: Bearer|Key <key>` or `X-API-Key: <key>`.
Anything that ends in a colon may precede the key.
"""

from uuid import UUID

import msgspec
from litestar.handlers.base import BaseRouteHandler

from mediatheque.errors import RateLimited, ScopeMissing
from mediatheque.http.asgi import add_headers
from mediatheque.http.context import Connection, context_of
from mediatheque.http.request.acting import act
from mediatheque.model import ActorKind, Scope, Upload, UploadMethod

_INSTANCE = frozenset({Scope.INSTANCE})


def presented_key(connection: Connection) -> str | None:
    """Return the key that the request carries, in any of the headers."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "key") and credentials.strip():
        return _without_id(credentials)
    key: str | None = connection.headers.get("x-api-key")
    return key and _without_id(key)


def _without_id(credentials: str) -> str:
    """Return the key of `id:key`: some clients of vendors whose keys have an id take no other form."""
    return credentials.rpartition(":")[2].strip()


class ScopeGuard(msgspec.Struct, frozen=True):
    """A guard that requires a key with one of the scopes, or an upload token of such a key; see `require_scope`."""

    scopes: frozenset[Scope]
    upload_tokens: bool
    tells_limit: bool

    async def __call__(self, connection: Connection, _: BaseRouteHandler) -> None:
        """Raise `KeyRefused`, `WorkspaceSuspended`, `ScopeMissing` or `RateLimited` unless the request may proceed."""
        accounts = context_of(connection).library.accounts
        principal = await accounts.authenticate(presented_key(connection), upload_tokens=self.upload_tokens)
        await _count(connection, str(principal.key_id), tells_limit=self.tells_limit)
        if not principal.allows(*self.scopes):
            raise ScopeMissing(f"This API key lacks the scope {' or '.join(map(repr, sorted(map(str, self.scopes))))}.")
        connection.scope["state"]["principal"] = principal
        kind = ActorKind.INSTANCE if self.scopes == _INSTANCE else ActorKind.KEY
        act(connection, kind, principal.key_id, principal.key_name)


def require_scope(*scopes: Scope, upload_tokens: bool = False, tells_limit: bool = False) -> ScopeGuard:
    """Return a guard that requires a valid key with one of the scopes, within its rate limit.

    `upload_tokens` accepts upload tokens as well as keys. With `tells_limit` the answer has the fields of the rate
    limit, whatever becomes of the request. The guard raises before a byte of the body is read. Every operation names
    the scope of its area; `tests/dialects/test_scopes.py` knows those that need no key.
    """
    return ScopeGuard(frozenset(scopes), upload_tokens, tells_limit)


async def _count(connection: Connection, key: str, *, tells_limit: bool) -> None:
    limiter = context_of(connection).rate_limiter
    try:
        await limiter.hit(key)
    except RateLimited as error:
        if tells_limit:
            add_headers(connection.scope, await limiter.fields(key, reset=error.retry_after))
        raise
    if tells_limit:
        add_headers(connection.scope, await limiter.fields(key))


async def authorize_upload_token(
    request: Connection, id: UUID, method: UploadMethod, token: str | None = None
) -> Upload:
    """Return the upload that the token gives access to; without one, the token in the query of the URL.

    The request counts against the rate limit of the key that created the upload. Raises `NotFound` when the token is
    not the upload's, and `RateLimited`.
    """
    context = context_of(request)
    presented = request.query_params.get("token", "") if token is None else token
    upload = await context.library.uploads.sessions.authorize_token(id, presented, method)
    await context.rate_limiter.hit(str(upload.key_id))
    act(request, ActorKind.TOKEN, upload.key_id)
    return upload
