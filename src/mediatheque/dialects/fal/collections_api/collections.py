"""fal's collections: list, create, read, change, delete, mark as favorite."""

from typing import Any

from litestar import Response, delete, get, patch, post

from mediatheque.dialects.fal.collections_api import shapes
from mediatheque.dialects.fal.collections_api.bodies import MAX_BODY, ChangedCollection, NewCollection, patch_of
from mediatheque.dialects.fal.collections_api.paging import page_slice
from mediatheque.dialects.fal.collections_api.shared_operations import (
    delete_collection_or_character,
    id_of,
    set_favorite,
)
from mediatheque.dialects.fal.references import parse_id_or_404
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection, Scope


@get("/v1/assets/collections", guards=[require_scope(Scope.COLLECTIONS_READ)])
async def list_collections(request: AppRequest) -> dict[str, Any]:
    """GET /v1/assets/collections: manual and smart ones of every level, newest first."""
    base, (limit, offset) = request.public_url, page_slice(request)
    found = await request.library.collections.collections.page(request.workspace_id, limit, offset)
    return {"collections": [shapes.collection(collection, base) for collection in found]}


@post("/v1/assets/collections", guards=[require_scope(Scope.COLLECTIONS_WRITE)], request_max_body_size=MAX_BODY)
async def create_collection(request: AppRequest) -> Response[bytes]:
    """POST /v1/assets/collections: create a collection, which is smart if it has filters; 201."""
    wanted = await read_json(request, NewCollection)
    collections = request.library.collections.collections

    async def work(claim: Claim | None) -> Collection:
        parent = wanted.parent_collection_id
        parent_id = parse_id_or_404(parent, "Collection", "parent_collection_id") if parent else None
        fields = patch_of(request, wanted)
        return await collections.create(request.workspace_id, wanted.name, fields, parent_id=parent_id, claim=claim)

    return await idempotent(request, work, shapes.renderer(request, 201), fingerprint(wanted))


@get("/v1/assets/collections/{id:str}", guards=[require_scope(Scope.COLLECTIONS_READ)])
async def get_collection(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v1/assets/collections/{collection_id}: a collection; a character is one, too."""
    base = request.public_url
    found = await request.library.collections.collections.get(
        request.workspace_id, id_of(request.library.collections.collections, id)
    )
    return {"collection": shapes.collection(found, base)}


@patch(
    "/v1/assets/collections/{id:str}", guards=[require_scope(Scope.COLLECTIONS_WRITE)], request_max_body_size=MAX_BODY
)
async def update_collection(request: AppRequest, id: str) -> Response[bytes]:
    """PATCH /v1/assets/collections/{collection_id}: change the fields that are present; null clears an optional one."""
    wanted = await read_json(request, ChangedCollection)
    collections = request.library.collections.collections

    async def work(claim: Claim | None) -> Collection:
        return await collections.update(request.workspace_id, id_of(collections, id), patch_of(request, wanted), claim)

    return await idempotent(request, work, shapes.renderer(request), fingerprint(wanted))


@delete("/v1/assets/collections/{id:str}", status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)])
async def delete_collection(request: AppRequest, id: str) -> Response[bytes]:
    """DELETE /v1/assets/collections/{collection_id}: 204; assets stay, sub-collections move up one level."""
    return await delete_collection_or_character(request, request.library.collections.collections, id)


@post("/v1/assets/collections/{id:str}/favorite", status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)])
async def favorite_collection(request: AppRequest, id: str) -> Response[bytes]:
    """POST /v1/assets/collections/{collection_id}/favorite: mark it as a favorite."""
    return await set_favorite(request, request.library.collections.collections, id, True)


@post("/v1/assets/collections/{id:str}/unfavorite", status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)])
async def unfavorite_collection(request: AppRequest, id: str) -> Response[bytes]:
    """POST /v1/assets/collections/{collection_id}/unfavorite: remove the mark."""
    return await set_favorite(request, request.library.collections.collections, id, False)


ROUTES = (
    list_collections,
    create_collection,
    get_collection,
    update_collection,
    delete_collection,
    favorite_collection,
    unfavorite_collection,
)
