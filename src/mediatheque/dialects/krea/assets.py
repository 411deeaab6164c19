"""Krea's asset operations."""

from typing import Any

from litestar import delete, get, post

from mediatheque.dialects.krea import shapes
from mediatheque.dialects.krea.cursor import parse_cursor
from mediatheque.dialects.krea.policy import MAX_DESCRIPTION, POLICY
from mediatheque.errors import AssetNotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.pagination import page_size
from mediatheque.http.request.query import parse_id, query_param
from mediatheque.http.upload.bodies import FormBody
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.request import IngestRequest
from mediatheque.model import DeclaredMetadata, Filter, Scope

_MAX_PAGE, _DEFAULT_PAGE = 1000, 100


def _asset_fields(declared: DeclaredMetadata) -> AssetFields:
    return AssetFields(caption=declared.fields.get("description") or None)


@post("/assets", status_code=200, guards=[require_scope(Scope.UPLOADS_WRITE)], request_max_body_size=None)
async def upload_asset(request: AppRequest) -> dict[str, Any]:
    """POST /assets: multipart `file` and optional `description`, in any order; 200 and the bare asset."""
    base = request.public_url
    body = FormBody(request, text_fields={"description": MAX_DESCRIPTION}, limit=POLICY.max_bytes)
    asset = await request.library.ingest.create_asset(
        IngestRequest(workspace_id=request.workspace_id, body=body, policy=POLICY, describe=_asset_fields)
    )
    return shapes.asset(asset, base)


@get("/assets", guards=[require_scope(Scope.ASSETS_READ)])
async def list_assets(request: AppRequest) -> dict[str, Any]:
    """GET /assets: newest first, starting after `cursor`."""
    base = request.public_url
    limit = page_size(query_param(request, "limit"), minimum=1, maximum=_MAX_PAGE, default=_DEFAULT_PAGE)
    after = parse_cursor(query_param(request, "cursor"))
    assets, more = await request.library.catalog.assets.page(request.workspace_id, Filter(), after, limit)
    return shapes.page(assets, more, base)


@get("/assets/{id:str}", guards=[require_scope(Scope.ASSETS_READ)])
async def get_asset(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /assets/{id}: the bare asset. Text that is no UUID is an unknown id."""
    asset = await request.library.catalog.assets.get(request.workspace_id, parse_id(id, AssetNotFound))
    return shapes.asset(asset, request.public_url)


@delete("/assets/{id:str}", status_code=200, guards=[require_scope(Scope.ASSETS_WRITE)])
async def delete_asset(request: AppRequest, id: str) -> dict[str, Any]:
    """DELETE /assets/{id}: delete the asset for good; 404 the second time."""
    deleted = await request.library.catalog.assets.delete(request.workspace_id, parse_id(id, AssetNotFound))
    request.context.file_cache.invalidate(*deleted.file_ids)
    return shapes.DELETED


ROUTES = (upload_asset, list_assets, get_asset, delete_asset)
