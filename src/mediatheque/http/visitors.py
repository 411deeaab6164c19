"""Who may read a file: everybody, the holder of a key, or the holder of a signed link."""

from typing import Any

from litestar import Request

from mediatheque.errors import KeyRefused
from mediatheque.http.context import context_of
from mediatheque.http.keys import presented_key
from mediatheque.library.access import Signature, is_public
from mediatheque.model import Caller, File, Scope

_DIGITS = 12


async def admit(request: Request[Any, Any, Any], file: File) -> None:
    """Return if this request may read the file, else raise `NotFound` or `Forbidden`, as the file's access says.

    A key that is none counts as no key: what is refused must not tell more than the file's access does.
    """
    if is_public(file):
        return
    await context_of(request).library.access.admit(file, await _caller(request), _signature(request))


async def _caller(request: Request[Any, Any, Any]) -> Caller | None:
    presented = presented_key(request)
    if not presented:
        return None
    context = context_of(request)
    try:
        caller = await context.library.accounts.authenticate(presented)
    except KeyRefused:
        return None
    await context.rate.spend(str(caller.key_id))
    return caller if caller.scopes & {Scope.READ, Scope.ADMIN} else None


def signed_url(url: str, signature: Signature) -> str:
    """The file's URL with the signature in its query."""
    return f"{url}?expires={signature.expires}&signature={signature.mac}"


def _signature(request: Request[Any, Any, Any]) -> Signature | None:
    expires, mac = request.query_params.get("expires", ""), request.query_params.get("signature", "")
    if not (mac and mac.isascii() and expires.isascii() and expires.isdigit() and len(expires) <= _DIGITS):
        return None
    return Signature(int(expires), mac)
