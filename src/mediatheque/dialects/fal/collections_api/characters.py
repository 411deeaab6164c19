"""fal's characters."""

from typing import Any

from litestar import Request, Response, delete, get, patch, post
from msgspec import UnsetType

from mediatheque.dialects.fal.collections_api import shapes
from mediatheque.dialects.fal.collections_api.bodies import MAX_BODY, ChangedCharacter, NewCharacter
from mediatheque.dialects.fal.collections_api.images import cover_in, pictures_in
from mediatheque.dialects.fal.collections_api.paging import page_slice
from mediatheque.dialects.fal.collections_api.shared_operations import delete_set, id_of, set_favorite
from mediatheque.http.context import context_of
from mediatheque.http.request.auth import principal_of, require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection, Scope


@get("/v1/assets/characters", guards=[require_scope(Scope.READ)])
async def list_characters(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """GET /v1/assets/characters: newest first."""
    context = context_of(request)
    base, (limit, offset) = context.origins.base(request), page_slice(request)
    found = await context.library.collections.characters.page(principal_of(request).workspace_id, limit, offset)
    return {"characters": [shapes.character(each, base) for each in found]}


@post("/v1/assets/characters", guards=[require_scope(Scope.WRITE)], request_max_body_size=MAX_BODY)
async def create_character(request: Request[Any, Any, Any]) -> Response[bytes]:
    """POST /v1/assets/characters: a new one; 201."""
    wanted = await read_json(request, NewCharacter)
    characters, workspace_id = context_of(request).library.collections.characters, principal_of(request).workspace_id

    async def work(claim: Claim | None) -> Collection:
        return await characters.create(
            workspace_id,
            CollectionPatch(
                name=wanted.name,
                description=wanted.description,
                cover_file_id=cover_in(request, wanted.cover_image_url),
            ),
            pictures_in(request, wanted.reference_images),
            identifier=wanted.identifier,
            claim=claim,
        )

    return await idempotent(request, work, shapes.rendered(request, 201, "character"), fingerprint(wanted))


@get("/v1/assets/characters/{id:str}", guards=[require_scope(Scope.READ)])
async def get_character(request: Request[Any, Any, Any], id: str) -> dict[str, Any]:
    """GET /v1/assets/characters/{character_id}: the character."""
    context = context_of(request)
    base = context.origins.base(request)
    found = await context.library.collections.characters.get(
        principal_of(request).workspace_id, id_of(context.library.collections.characters, id)
    )
    return {"character": shapes.character(found, base)}


@patch("/v1/assets/characters/{id:str}", guards=[require_scope(Scope.WRITE)], request_max_body_size=MAX_BODY)
async def update_character(request: Request[Any, Any, Any], id: str) -> Response[bytes]:
    """PATCH /v1/assets/characters/{character_id}: new images take the place of all the old ones."""
    wanted = await read_json(request, ChangedCharacter)
    characters, workspace_id = context_of(request).library.collections.characters, principal_of(request).workspace_id

    async def work(claim: Claim | None) -> Collection:
        cover_file_id = cover_in(request, wanted.cover_image_url)
        texts = wanted.reference_images
        return await characters.update(
            workspace_id,
            id_of(characters, id),
            CollectionPatch(name=wanted.name, description=wanted.description, cover_file_id=cover_file_id),
            claim,
            references=None if isinstance(texts, UnsetType) else pictures_in(request, texts),
            identifier=wanted.identifier,
        )

    return await idempotent(request, work, shapes.rendered(request, 200, "character"), fingerprint(wanted))


@delete("/v1/assets/characters/{id:str}", status_code=200, guards=[require_scope(Scope.WRITE)])
async def delete_character(request: Request[Any, Any, Any], id: str) -> Response[bytes]:
    """DELETE /v1/assets/characters/{character_id}: 204; files and assets stay."""
    return await delete_set(request, context_of(request).library.collections.characters, id)


@post("/v1/assets/characters/{id:str}/favorite", status_code=200, guards=[require_scope(Scope.WRITE)])
async def favorite_character(request: Request[Any, Any, Any], id: str) -> Response[bytes]:
    """POST /v1/assets/characters/{character_id}/favorite: make it one, unless it is."""
    return await set_favorite(request, context_of(request).library.collections.characters, id, True)


@post("/v1/assets/characters/{id:str}/unfavorite", status_code=200, guards=[require_scope(Scope.WRITE)])
async def unfavorite_character(request: Request[Any, Any, Any], id: str) -> Response[bytes]:
    """POST /v1/assets/characters/{character_id}/unfavorite: make it none, if it is one."""
    return await set_favorite(request, context_of(request).library.collections.characters, id, False)


ROUTES = (
    list_characters,
    create_character,
    get_character,
    update_character,
    delete_character,
    favorite_character,
    unfavorite_character,
)
