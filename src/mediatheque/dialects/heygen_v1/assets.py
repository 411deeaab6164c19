"""HeyGen v1's asset operations."""

from typing import Any

from litestar import get, post

from mediatheque.dialects.heygen_v1 import shapes
from mediatheque.dialects.heygen_v1.policy import MAX_PAGE, POLICY
from mediatheque.dialects.heygen_v1.raw_upload import store_body
from mediatheque.errors import AssetNotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.pagination import cursor_of, next_token, page_size
from mediatheque.http.request.query import enum_param, folder_param, parse_id, query_param
from mediatheque.model import Filter, Kind, Scope


@post("/v1/asset", status_code=200, guards=[require_scope(Scope.UPLOADS_WRITE)], request_max_body_size=None)
async def upload_asset(request: AppRequest) -> dict[str, Any]:
    """POST /v1/asset: store the raw body, declared by Content-Type. `folder_id` is our extension."""
    base = request.public_url
    folder_id = await folder_param(request, "folder_id", live=True)
    return shapes.upload_reply(await store_body(request, POLICY, folder_id), base)


@get("/v1/asset/list", guards=[require_scope(Scope.ASSETS_READ)])
async def list_assets(request: AppRequest) -> dict[str, Any]:
    """GET /v1/asset/list: newest first. An empty `folder_id` means the root, an absent one every folder."""
    base = request.public_url
    limit = page_size(query_param(request, "limit"), minimum=0, maximum=MAX_PAGE, default=MAX_PAGE)
    after = cursor_of(query_param(request, "token"))
    asset_filter = await _filter(request)
    assets, more = await request.library.catalog.assets.page(request.workspace_id, asset_filter, after, limit)
    total = await request.library.catalog.assets.count(request.workspace_id, asset_filter)
    shown = [shapes.asset(asset, base) for asset in assets]
    return shapes.envelope({"assets": shown, "total": total, "token": next_token(assets, more)})


async def _filter(request: AppRequest) -> Filter:
    kind = enum_param(request, "file_type", Kind)
    return Filter(
        kinds=(kind,) if kind else (),
        folder_id=await folder_param(request, "folder_id"),
        without_folder=query_param(request, "folder_id") == "",
    )


@post("/v1/asset/{id:str}/delete", status_code=200, guards=[require_scope(Scope.ASSETS_WRITE)])
async def delete_asset(request: AppRequest, id: str) -> dict[str, Any]:
    """POST /v1/asset/{id}/delete: delete the asset and return it. Text that is no UUID is an unknown id."""
    base = request.public_url
    deleted = await request.library.catalog.assets.delete(request.workspace_id, parse_id(id, AssetNotFound))
    request.context.file_cache.invalidate(*deleted.file_ids)
    return shapes.envelope(shapes.asset(deleted.asset, base))


ROUTES = (upload_asset, list_assets, delete_asset)
