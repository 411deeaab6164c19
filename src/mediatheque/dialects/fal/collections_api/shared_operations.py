"""What fal does alike with collections and with characters."""

from uuid import UUID

from litestar import Response

from mediatheque.dialects.fal.assets_api.references import parse_id_or_404
from mediatheque.dialects.fal.collections_api import shapes
from mediatheque.http.context import AppRequest
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.library.collections.base import CollectionBase
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection


def id_of(sets: CollectionBase, text: str) -> UUID:
    """The id in the path; `NotFound` for text that is none of ours."""
    return parse_id_or_404(text, sets.noun, f"{sets.noun.lower()}_id")


async def delete_set(request: AppRequest, sets: CollectionBase, id: str) -> Response[bytes]:
    """Remove it; 204."""

    async def work(claim: Claim | None) -> None:
        await sets.delete(request.workspace_id, id_of(sets, id), claim)

    return await idempotent(request, work, lambda _: (204, b""), fingerprint(None))


async def set_favorite(request: AppRequest, sets: CollectionBase, id: str, favorite: bool) -> Response[bytes]:
    """Make it a favourite, or none."""

    async def work(claim: Claim | None) -> Collection:
        return await sets.set_favorite(request.workspace_id, id_of(sets, id), favorite, claim)

    return await idempotent(request, work, shapes.rendered(request, 200, sets.noun.lower()), fingerprint(None))
