"""fal's characters: list, create, read, change, delete, mark as favorite."""

from typing import Any

from litestar import Response, delete, get, patch, post
from msgspec import UnsetType

from mediatheque.dialects.fal.collections_api import shapes
from mediatheque.dialects.fal.collections_api.bodies import MAX_BODY, ChangedCharacter, NewCharacter
from mediatheque.dialects.fal.collections_api.images import cover_file_id_in, image_refs_in
from mediatheque.dialects.fal.collections_api.paging import page_slice
from mediatheque.dialects.fal.collections_api.shared_operations import (
    delete_collection_or_character,
    id_of,
    set_favorite,
)
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.library.idempotency import Claim
from mediatheque.model import Collection, Scope


@get("/v1/assets/characters", guards=[require_scope(Scope.COLLECTIONS_READ)])
async def list_characters(request: AppRequest) -> dict[str, Any]:
    """GET /v1/assets/characters: newest first."""
    base, (limit, offset) = request.public_url, page_slice(request)
    found = await request.library.collections.characters.page(request.workspace_id, limit, offset)
    return {"characters": [shapes.character(character, base) for character in found]}


@post("/v1/assets/characters", guards=[require_scope(Scope.COLLECTIONS_WRITE)], request_max_body_size=MAX_BODY)
async def create_character(request: AppRequest) -> Response[bytes]:
    """POST /v1/assets/characters: create a character; 201."""
    wanted = await read_json(request, NewCharacter)
    characters = request.library.collections.characters

    async def work(claim: Claim | None) -> Collection:
        return await characters.create(
            request.workspace_id,
            CollectionPatch(
                name=wanted.name,
                description=wanted.description,
                cover_file_id=cover_file_id_in(request, wanted.cover_image_url),
            ),
            image_refs_in(request, wanted.reference_images),
            identifier=wanted.identifier,
            claim=claim,
        )

    return await idempotent(request, work, shapes.renderer(request, 201, "character"), fingerprint(wanted))


@get("/v1/assets/characters/{id:str}", guards=[require_scope(Scope.COLLECTIONS_READ)])
async def get_character(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v1/assets/characters/{character_id}: the character."""
    base = request.public_url
    found = await request.library.collections.characters.get(
        request.workspace_id, id_of(request.library.collections.characters, id)
    )
    return {"character": shapes.character(found, base)}


@patch(
    "/v1/assets/characters/{id:str}", guards=[require_scope(Scope.COLLECTIONS_WRITE)], request_max_body_size=MAX_BODY
)
async def update_character(request: AppRequest, id: str) -> Response[bytes]:
    """PATCH /v1/assets/characters/{character_id}: change the given fields; `reference_images` replaces all images."""
    wanted = await read_json(request, ChangedCharacter)
    characters = request.library.collections.characters

    async def work(claim: Claim | None) -> Collection:
        cover_file_id = cover_file_id_in(request, wanted.cover_image_url)
        images = wanted.reference_images
        return await characters.update(
            request.workspace_id,
            id_of(characters, id),
            CollectionPatch(name=wanted.name, description=wanted.description, cover_file_id=cover_file_id),
            claim,
            references=None if isinstance(images, UnsetType) else image_refs_in(request, images),
            identifier=wanted.identifier,
        )

    return await idempotent(request, work, shapes.renderer(request, 200, "character"), fingerprint(wanted))


@delete("/v1/assets/characters/{id:str}", status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)])
async def delete_character(request: AppRequest, id: str) -> Response[bytes]:
    """DELETE /v1/assets/characters/{character_id}: 204; files and assets stay."""
    return await delete_collection_or_character(request, request.library.collections.characters, id)


@post("/v1/assets/characters/{id:str}/favorite", status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)])
async def favorite_character(request: AppRequest, id: str) -> Response[bytes]:
    """POST /v1/assets/characters/{character_id}/favorite: mark it as a favorite."""
    return await set_favorite(request, request.library.collections.characters, id, True)


@post("/v1/assets/characters/{id:str}/unfavorite", status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)])
async def unfavorite_character(request: AppRequest, id: str) -> Response[bytes]:
    """POST /v1/assets/characters/{character_id}/unfavorite: remove the mark."""
    return await set_favorite(request, request.library.collections.characters, id, False)


ROUTES = (
    list_characters,
    create_character,
    get_character,
    update_character,
    delete_character,
    favorite_character,
    unfavorite_character,
)
