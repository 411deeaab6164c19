"""Keeps in the native API."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import get, post
from mediatheque.dialects.native.keep.shapes import (
    Endpoint,
    KeepPage,
    KeepShape,
    LabelFields,
    ProviderName,
    ProviderSecret,
)
from mediatheque.errors import Conflict, Invalid, NotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import cursor_of, token_of_cursor
from mediatheque.library.idempotency import Claim
from mediatheque.library.keep.keeps import KeepOrder
from mediatheque.model import Cursor, Scope
from mediatheque.model.keep import KeepFilter, KeepState

_MAX_BODY = 16 * 1024 * 1024 + 64 * 1024


class NewKeep(LabelFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to keep: a request by its `request_id`, a `url`, or a `response` that the provider has sent.

    `url` is one of the provider's API, which names a request, or the URL of an output. `response` is the provider's
    JSON of a request, of its result or of its webhook; a `request_id` beside it names the request where it does not.
    `key` is the provider's API key for this keep alone: it is encrypted, and erased when the keep has ended. Without it
    the stored key is used.
    """

    provider: ProviderName
    request_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    url: Annotated[str, msgspec.Meta(min_length=1, max_length=8192, pattern=r"^(?i:https?)://[!-~]+\Z")] | None = None
    response: dict[str, Any] | None = None
    endpoint: Endpoint | None = None
    key: ProviderSecret | None = None

    def order(self) -> KeepOrder:
        """Convert to the library's order. Raises `Invalid` when it names two things."""
        if self.url is not None and (self.request_id is not None or self.response is not None):
            raise Invalid("A url is given alone, without request_id and response.", param="url")
        return KeepOrder(
            provider=self.provider.value,
            request_id=self.request_id,
            url=self.url,
            response=self.response,
            endpoint=self.endpoint,
            key=self.key,
            labels=self.labels(),
        )


class ListKeeps(msgspec.Struct, frozen=True):
    """Which keeps to list, and how many."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None
    state: KeepState | None = None
    provider: ProviderName | None = None
    request_id: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Retry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to retry: with this API key of the provider, or without one with the stored key."""

    key: ProviderSecret | None = None


@post("/api/keep", scope=Scope.KEEP_WRITE, status=202, max_body=_MAX_BODY, errors=(NotFound,))
async def create_keep(request: AppRequest, body: NewKeep, claim: Claim | None) -> KeepShape:
    """Keep what a provider makes.

    The answer is given once the order is durable. A worker then polls the request until it is done, and saves every
    media file in its result as an asset with its provenance. The same request again is the same keep; one that has
    failed or was canceled begins again.
    """
    return KeepShape.of(await request.library.keep.keeps.accept(request.workspace_id, body.order(), claim))


@get("/api/keep", scope=Scope.KEEP_READ)
async def list_keeps(request: AppRequest, query: ListKeeps) -> KeepPage:
    """List the keeps, newest first.

    Those in the state `failed` are the dead letters.
    """
    wanted = KeepFilter(
        state=query.state, provider=query.provider and query.provider.value, request_id=query.request_id
    )
    after = cursor_of(query.cursor, param="cursor")
    found, more = await request.library.keep.keeps.page(request.workspace_id, wanted, after, query.limit)
    cursor = token_of_cursor(Cursor(found[-1].created_at, found[-1].id)) if more else None
    return KeepPage([KeepShape.of(keep) for keep in found], cursor)


@get("/api/keep/{id}", scope=Scope.KEEP_READ)
async def get_keep(request: AppRequest, id: UUID) -> KeepShape:
    """Get a keep: how far it is, and its outputs."""
    return KeepShape.of(await request.library.keep.keeps.get(request.workspace_id, id))


@post("/api/keep/{id}/cancel", scope=Scope.KEEP_WRITE, errors=(Conflict,))
async def cancel_keep(request: AppRequest, id: UUID, claim: Claim | None) -> KeepShape:
    """Cancel a keep that has not ended.

    Outputs that are kept already stay.
    """
    return KeepShape.of(await request.library.keep.keeps.cancel(request.workspace_id, id, claim))


@post("/api/keep/{id}/retry", scope=Scope.KEEP_WRITE, status=202, errors=(Conflict,))
async def retry_keep(request: AppRequest, id: UUID, body: Retry | None, claim: Claim | None) -> KeepShape:
    """Retry a keep that has failed.

    The provider's key that came with it has been erased; send it again unless one is stored.
    """
    key = body.key if body else None
    return KeepShape.of(await request.library.keep.keeps.retry(request.workspace_id, id, key, claim))


ROUTES = (create_keep, list_keeps, get_keep, cancel_keep, retry_keep)
