"""Operations that fal has for both collections and characters."""

from uuid import UUID

from litestar import Response

from mediatheque.dialects.fal.collections_api import shapes
from mediatheque.dialects.fal.references import parse_id_or_404
from mediatheque.http.context import AppRequest
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.library.collections.base import CollectionBase
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection


def id_of(collections: CollectionBase, text: str) -> UUID:
    """Parse the id in the path. Raises `NotFound` when it is not a UUID."""
    return parse_id_or_404(text, collections.noun, f"{collections.noun.lower()}_id")


async def delete_collection_or_character(request: AppRequest, collections: CollectionBase, id: str) -> Response[bytes]:
    """Delete the collection or character; 204."""

    async def work(claim: Claim | None) -> None:
        await collections.delete(request.workspace_id, id_of(collections, id), claim)

    return await idempotent(request, work, lambda _: (204, b""), fingerprint(None))


async def set_favorite(request: AppRequest, collections: CollectionBase, id: str, favorite: bool) -> Response[bytes]:
    """Set or remove the mark as a favorite."""

    async def work(claim: Claim | None) -> Collection:
        return await collections.set_favorite(request.workspace_id, id_of(collections, id), favorite, claim)

    return await idempotent(request, work, shapes.renderer(request, 200, collections.noun.lower()), fingerprint(None))
