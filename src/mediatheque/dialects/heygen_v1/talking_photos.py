"""HeyGen v1's talking photos: JPEG and PNG images, which are assets like all others."""

from typing import Any

from litestar import delete, get, post

from mediatheque.dialects.heygen_v1 import shapes
from mediatheque.dialects.heygen_v1.policy import MAX_TALKING_PHOTOS_PAGE, TALKING_PHOTO_TYPES, TALKING_PHOTOS
from mediatheque.dialects.heygen_v1.raw_upload import store_body
from mediatheque.errors import AssetNotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.pagination import cursor_of, next_token, page_size
from mediatheque.http.request.query import parse_id, query_param
from mediatheque.model import Filter, Kind, Scope

_FILTER = Filter(kinds=(Kind.IMAGE,), types=tuple(sorted(TALKING_PHOTO_TYPES)))


@post("/v1/talking_photo", status_code=200, guards=[require_scope(Scope.UPLOADS_WRITE)], request_max_body_size=None)
async def upload_talking_photo(request: AppRequest) -> dict[str, Any]:
    """POST /v1/talking_photo: store the raw body as an image asset."""
    base = request.public_url
    return shapes.talking_photo(await store_body(request, TALKING_PHOTOS), base)


@get("/v1/talking_photo.list", guards=[require_scope(Scope.ASSETS_READ)])
async def list_talking_photos(request: AppRequest) -> dict[str, Any]:
    """GET /v1/talking_photo.list: newest first, at most 1000; `limit` and `token` are our extension."""
    base = request.public_url
    limit = page_size(
        query_param(request, "limit"), minimum=0, maximum=MAX_TALKING_PHOTOS_PAGE, default=MAX_TALKING_PHOTOS_PAGE
    )
    after = cursor_of(query_param(request, "token"))
    found, more = await request.library.catalog.assets.page(request.workspace_id, _FILTER, after, limit)
    return shapes.talking_photos(found, next_token(found, more), base)


@delete("/v2/talking_photo/{id:str}", status_code=200, guards=[require_scope(Scope.ASSETS_WRITE)])
async def delete_talking_photo(request: AppRequest, id: str) -> dict[str, Any]:
    """DELETE /v2/talking_photo/{id}: delete the asset, if the list shows it."""
    asset = await request.library.catalog.assets.get(request.workspace_id, parse_id(id, AssetNotFound))
    if asset.file.blob.media_info.mime not in TALKING_PHOTO_TYPES:
        raise AssetNotFound
    deleted = await request.library.catalog.assets.delete(request.workspace_id, asset.id)
    request.context.file_cache.invalidate(*deleted.file_ids)
    return shapes.talking_photo_deleted()


ROUTES = (upload_talking_photo, list_talking_photos, delete_talking_photo)
