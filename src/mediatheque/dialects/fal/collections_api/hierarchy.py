"""fal's collections: the tree of collections."""

from typing import Any

from litestar import Response, get, post

from mediatheque.dialects.fal.collections_api import shapes
from mediatheque.dialects.fal.collections_api.bodies import MAX_BODY, NewParent
from mediatheque.dialects.fal.collections_api.shared_operations import id_of
from mediatheque.dialects.fal.references import parse_id_or_404
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection, Scope


@get("/v1/assets/collections/{id:str}/hierarchy", guards=[require_scope(Scope.COLLECTIONS_READ)])
async def get_hierarchy(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v1/assets/collections/{collection_id}/hierarchy: its subtree and its ancestors."""
    collections = request.library.collections
    found = await collections.tree.hierarchy(request.workspace_id, id_of(collections.collections, id))
    return shapes.hierarchy(found)


@post(
    "/v1/assets/collections/{id:str}/move",
    status_code=200,
    guards=[require_scope(Scope.COLLECTIONS_WRITE)],
    request_max_body_size=MAX_BODY,
)
async def move_collection(request: AppRequest, id: str) -> Response[bytes]:
    """POST /v1/assets/collections/{collection_id}/move: move it into another one, or with null to the top."""
    wanted = await read_json(request, NewParent)

    async def work(claim: Claim | None) -> Collection:
        parent = wanted.parent_collection_id
        parent_id = parse_id_or_404(parent, "Collection", "parent_collection_id") if parent else None
        return await request.library.collections.tree.move(
            request.workspace_id, id_of(request.library.collections.collections, id), parent_id, claim
        )

    return await idempotent(request, work, shapes.renderer(request), fingerprint(wanted))


ROUTES = (get_hierarchy, move_collection)
