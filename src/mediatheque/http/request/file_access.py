"""Who may read a file: everybody, the holder of a key, or the holder of a signed link."""

from typing import Any

from litestar import Request

from mediatheque.errors import KeyRefused
from mediatheque.http.context import context_of
from mediatheque.http.request.auth import presented_key
from mediatheque.library.catalog.access import Signature, is_public
from mediatheque.model import File, Principal, Scope

_DIGITS = 12


async def authorize_request(request: Request[Any, Any, Any], file: File) -> None:
    """Return if this request may read the file, else raise `NotFound` or `Forbidden`, as the file's access says.

    A key that is none counts as no key: what is refused must not tell more than the file's access does.
    """
    if is_public(file):
        return
    context, principal = context_of(request), await _principal(request)
    await context.library.catalog.access.authorize(file, principal, _signature(request))
    if principal:  # only now: being told to come later would tell that there is something
        await context.rate_limiter.hit(str(principal.key_id))


async def _principal(request: Request[Any, Any, Any]) -> Principal | None:
    presented = presented_key(request)
    if not presented:
        return None
    try:
        principal = await context_of(request).library.accounts.authenticate(presented)
    except KeyRefused:
        return None
    return principal if principal.scopes & {Scope.READ, Scope.ADMIN} else None


def signed_url(url: str, signature: Signature) -> str:
    """The file's URL with the signature in its query."""
    return f"{url}?expires={signature.expires}&signature={signature.mac}"


def _signature(request: Request[Any, Any, Any]) -> Signature | None:
    expires, mac = request.query_params.get("expires", ""), request.query_params.get("signature", "")
    if not (mac and mac.isascii() and expires.isascii() and expires.isdigit() and len(expires) <= _DIGITS):
        return None
    return Signature(int(expires), mac)
