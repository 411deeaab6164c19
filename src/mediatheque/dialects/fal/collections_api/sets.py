"""What fal does alike with collections and with characters."""

from typing import Any
from uuid import UUID

from litestar import Request, Response

from mediatheque.dialects.fal.assets_api.targets import known
from mediatheque.dialects.fal.collections_api import shapes
from mediatheque.http.request.auth import caller_of
from mediatheque.http.request.idempotency import fingerprint, once
from mediatheque.library.collections.base import Sets
from mediatheque.library.idempotency import Receipt
from mediatheque.model import Collection


def id_of(sets: Sets, text: str) -> UUID:
    """The id in the path; `NotFound` for text that is none of ours."""
    return known(text, sets.noun, f"{sets.noun.lower()}_id")


async def deleted(request: Request[Any, Any, Any], sets: Sets, id: str) -> Response[bytes]:
    """Remove it; 204."""
    workspace_id = caller_of(request).workspace_id

    async def work(receipt: Receipt | None) -> None:
        await sets.delete(workspace_id, id_of(sets, id), receipt)

    return await once(request, work, lambda _: (204, b""), fingerprint(None))


async def favored(request: Request[Any, Any, Any], sets: Sets, id: str, favorite: bool) -> Response[bytes]:
    """Make it a favourite, or none."""
    workspace_id = caller_of(request).workspace_id

    async def work(receipt: Receipt | None) -> Collection:
        return await sets.favor(workspace_id, id_of(sets, id), favorite, receipt)

    return await once(request, work, shapes.rendered(request, 200, sets.noun.lower()), fingerprint(None))
