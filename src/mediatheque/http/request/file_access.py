"""Access to a file: public, with an API key, or with a signed URL."""

from mediatheque.errors import KeyRefused, WorkspaceSuspended
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import presented_key
from mediatheque.library.catalog.access import Signature, is_public
from mediatheque.model import File, Principal, Scope

_MAX_DIGITS = 12


async def authorize_request(request: AppRequest, file: File) -> None:
    """Raise `NotFound` or `Forbidden`, as the file's ACL says, unless this request may read the file.

    A key that is invalid, or that may not read assets, counts as no key: a 401 would disclose that the file exists.
    """
    if is_public(file):
        return
    principal = await _principal(request)
    await request.library.catalog.access.authorize(file, principal, _signature(request))
    if principal:  # after authorization: a 429 before it would disclose that the file exists
        await request.context.rate_limiter.hit(str(principal.key_id))


async def _principal(request: AppRequest) -> Principal | None:
    presented = presented_key(request)
    if not presented:
        return None
    try:
        principal = await request.library.accounts.authenticate(presented)
    except (KeyRefused, WorkspaceSuspended):
        return None
    return principal if principal.allows(Scope.ASSETS_READ) else None


def signed_url(url: str, signature: Signature) -> str:
    """Return the URL with the signature in its query."""
    return f"{url}?expires={signature.expires}&signature={signature.mac}"


def _signature(request: AppRequest) -> Signature | None:
    expires, mac = request.query_params.get("expires", ""), request.query_params.get("signature", "")
    if not (mac and mac.isascii() and expires.isascii() and expires.isdigit() and len(expires) <= _MAX_DIGITS):
        return None
    return Signature(int(expires), mac)
