"""fal's collections: which lie in which, and what is in them."""

from typing import Any

from litestar import Request, Response, delete, get, post

from mediatheque.dialects.fal.assets_api.targets import AssetTarget, parse_id_or_404
from mediatheque.dialects.fal.collections_api import shapes
from mediatheque.dialects.fal.collections_api.bodies import MAX_BODY, NewParent
from mediatheque.dialects.fal.collections_api.sets import id_of
from mediatheque.http.context import context_of
from mediatheque.http.request.auth import principal_of, require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection, Scope

_MEMBERS = "/v1/assets/collections/{id:str}/assets"


@get("/v1/assets/collections/{id:str}/hierarchy", guards=[require_scope(Scope.READ)])
async def get_hierarchy(request: Request[Any, Any, Any], id: str) -> dict[str, Any]:
    """GET /v1/assets/collections/{collection_id}/hierarchy: all that lie in it, and those it lies in."""
    library, workspace_id = context_of(request).library, principal_of(request).workspace_id
    return shapes.hierarchy(
        await library.collections.tree.hierarchy(workspace_id, id_of(library.collections.collections, id))
    )


@post(
    "/v1/assets/collections/{id:str}/move",
    status_code=200,
    guards=[require_scope(Scope.WRITE)],
    request_max_body_size=MAX_BODY,
)
async def move_collection(request: Request[Any, Any, Any], id: str) -> Response[bytes]:
    """POST /v1/assets/collections/{collection_id}/move: into another one or, with null, to the top."""
    wanted = await read_json(request, NewParent)
    library, workspace_id = context_of(request).library, principal_of(request).workspace_id

    async def work(claim: Claim | None) -> Collection:
        parent = wanted.parent_collection_id
        parent_id = parse_id_or_404(parent, "Collection", "parent_collection_id") if parent else None
        return await library.collections.tree.move(
            workspace_id, id_of(library.collections.collections, id), parent_id, claim
        )

    return await idempotent(request, work, shapes.rendered(request), fingerprint(wanted))


@post(_MEMBERS, status_code=200, guards=[require_scope(Scope.WRITE)], request_max_body_size=MAX_BODY)
async def add_asset(request: Request[Any, Any, Any], id: str) -> Response[bytes]:
    """POST /v1/assets/collections/{collection_id}/assets: put the asset in, unless it is."""
    target = await read_json(request, AssetTarget)
    library, workspace_id = context_of(request).library, principal_of(request).workspace_id

    async def work(claim: Claim | None) -> None:
        await library.collections.members.add(
            workspace_id, id_of(library.collections.collections, id), target.reference(), claim
        )

    return await idempotent(request, work, lambda _: (200, b'{"success":true}'), fingerprint(target))


@delete(_MEMBERS, status_code=200, guards=[require_scope(Scope.WRITE)], request_max_body_size=MAX_BODY)
async def remove_asset(request: Request[Any, Any, Any], id: str) -> Response[bytes]:
    """DELETE /v1/assets/collections/{collection_id}/assets, with a body: 204; the asset is not in there any more."""
    target = await read_json(request, AssetTarget)
    library, workspace_id = context_of(request).library, principal_of(request).workspace_id

    async def work(claim: Claim | None) -> None:
        await library.collections.members.remove(
            workspace_id, id_of(library.collections.collections, id), target.reference(), claim
        )

    return await idempotent(request, work, lambda _: (204, b""), fingerprint(target))


ROUTES = (get_hierarchy, move_collection, add_asset, remove_asset)
