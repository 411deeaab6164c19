"""Hooks in the native API: URLs for the providers' webhooks, and the webhooks themselves."""

from typing import Annotated
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import delete, get, patch, post
from mediatheque.dialects.native.keep.shapes import (
    Endpoint,
    HookPage,
    HookShape,
    LabelFields,
    ProviderName,
    ProviderSecret,
    Received,
)
from mediatheque.errors import NotFound, SignatureRefused, Unavailable
from mediatheque.http.context import AppRequest
from mediatheque.http.request.acting import act
from mediatheque.http.request.pagination import cursor_of, token_of_cursor
from mediatheque.library.idempotency import Claim
from mediatheque.model import ActorKind, Cursor, Scope

_MAX_WEBHOOK = 16 * 1024 * 1024


class NewHook(LabelFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new hook. `secret` is what the provider signs its webhooks with: HeyGen's, or Replicate's `whsec_...`.

    HeyGen tells it when the hook's URL is registered there; set it then. fal and Krea need none. `endpoint` is that of
    the requests whose results will come, which fal's webhooks do not name.
    """

    provider: ProviderName
    secret: ProviderSecret | None = None
    endpoint: Endpoint | None = None


class HookPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change."""

    secret: ProviderSecret


class ListHooks(msgspec.Struct, frozen=True):
    """How many hooks to list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


@post("/api/hooks", scope=Scope.KEEP_WRITE, status=201, errors=(NotFound,))
async def create_hook(request: AppRequest, body: NewHook, claim: Claim | None) -> HookShape:
    """Create a hook.

    The answer has its `url`, which the provider is given. It contains a token that is not told again, not even when the
    request is repeated with its Idempotency-Key: then `url` is null.
    """
    created = await request.library.keep.hooks.create(
        request.principal,
        body.provider.value,
        body.labels(),
        endpoint=body.endpoint,
        secret=body.secret,
        claim=claim,
    )
    return HookShape.with_url(created, request.public_url)


@get("/api/hooks", scope=Scope.KEEP_READ)
async def list_hooks(request: AppRequest, query: ListHooks) -> HookPage:
    """List the hooks, newest first."""
    after = cursor_of(query.cursor, param="cursor")
    found, more = await request.library.keep.hooks.page(request.workspace_id, after, query.limit)
    cursor = token_of_cursor(Cursor(found[-1].created_at, found[-1].id)) if more else None
    return HookPage([HookShape.of(hook) for hook in found], cursor)


@get("/api/hooks/{id}", scope=Scope.KEEP_READ)
async def get_hook(request: AppRequest, id: UUID) -> HookShape:
    """Get a hook."""
    return HookShape.of(await request.library.keep.hooks.get(request.workspace_id, id))


@patch("/api/hooks/{id}", scope=Scope.KEEP_WRITE)
async def update_hook(request: AppRequest, id: UUID, body: HookPatch, claim: Claim | None) -> HookShape:
    """Set the secret that the provider signs with."""
    return HookShape.of(await request.library.keep.hooks.set_secret(request.workspace_id, id, body.secret, claim))


@delete("/api/hooks/{id}", scope=Scope.KEEP_WRITE, status=204)
async def delete_hook(request: AppRequest, id: UUID, claim: Claim | None) -> None:
    """Revoke a hook. What is sent to its URL from now on is not found."""
    await request.library.keep.hooks.delete(request.workspace_id, id, claim)


@post(
    "/api/hooks/{provider}/{token}",
    scope=None,
    max_body=_MAX_WEBHOOK,
    errors=(SignatureRefused, Unavailable),
)
async def receive_webhook(request: AppRequest, provider: str, token: str) -> Received:
    """Receive a provider's webhook.

    The body is the provider's own, signed as the provider documents it. It is answered once what it announces is
    durable; a worker then saves the result. The same webhook again changes nothing.
    """
    hooks = request.library.keep.hooks
    hook = await hooks.authorize(provider, token)
    await request.context.rate_limiter.hit(str(hook.id))
    act(request, ActorKind.TOKEN, hook.key_id)
    keep = await hooks.receive(hook, dict(request.headers), await request.body())
    return Received(keep.id, keep.state) if keep else Received(None, None)


ROUTES = (create_hook, list_hooks, get_hook, update_hook, delete_hook, receive_webhook)
