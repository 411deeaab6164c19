"""Providers' API keys in the native API. They are never shown."""

import msgspec

from mediatheque.dialects.native.endpoint import delete, get, put
from mediatheque.dialects.native.keep.shapes import ProviderKeyList, ProviderKeyShape, ProviderName, ProviderSecret
from mediatheque.http.context import AppRequest
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope


class NewProviderKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An API key as the provider has issued it."""

    key: ProviderSecret


@get("/api/provider-keys", scope=Scope.KEEP_READ)
async def list_provider_keys(request: AppRequest) -> ProviderKeyList:
    """List the providers of which a key is stored."""
    found = await request.library.keep.provider_keys.list_all(request.workspace_id)
    return ProviderKeyList([ProviderKeyShape.of(key) for key in found])


@get("/api/provider-keys/{provider}", scope=Scope.KEEP_READ)
async def get_provider_key(request: AppRequest, provider: ProviderName) -> ProviderKeyShape:
    """Get what is known of a provider's key: the last four characters."""
    return ProviderKeyShape.of(await request.library.keep.provider_keys.get(request.workspace_id, provider.value))


@put("/api/provider-keys/{provider}", scope=Scope.ADMIN)
async def put_provider_key(
    request: AppRequest, provider: ProviderName, body: NewProviderKey, claim: Claim | None
) -> ProviderKeyShape:
    """Store a provider's API key, encrypted.

    It is used for the keeps that come without one.
    """
    keys = request.library.keep.provider_keys
    return ProviderKeyShape.of(await keys.store(request.workspace_id, provider.value, body.key, claim))


@delete("/api/provider-keys/{provider}", scope=Scope.ADMIN, status=204)
async def delete_provider_key(request: AppRequest, provider: ProviderName, claim: Claim | None) -> None:
    """Delete a provider's key."""
    await request.library.keep.provider_keys.delete(request.workspace_id, provider.value, claim)


ROUTES = (list_provider_keys, get_provider_key, put_provider_key, delete_provider_key)
