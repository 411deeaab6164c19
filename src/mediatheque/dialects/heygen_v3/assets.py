"""HeyGen v3's asset operations."""

from typing import Any

import msgspec
from litestar import Response, delete, get, post

from mediatheque.dialects.heygen_v3 import shapes
from mediatheque.dialects.heygen_v3.ids import parsed_asset_id
from mediatheque.dialects.heygen_v3.policy import IDEMPOTENCY_KEY, POLICY
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import idempotent
from mediatheque.http.request.pagination import cursor_of, next_token, page_size
from mediatheque.http.request.query import folder_param, query_param
from mediatheque.http.upload.bodies import FormBody
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.request import IngestRequest
from mediatheque.model import Asset, DeclaredMetadata, Filter, Scope

_MAX_PAGE, _DEFAULT_PAGE = 100, 20


def _no_fields(_: DeclaredMetadata) -> AssetFields:
    return AssetFields()


@post("/v3/assets", status_code=200, guards=[require_scope(Scope.UPLOADS_WRITE)], request_max_body_size=None)
async def upload_asset(request: AppRequest) -> Response[bytes]:
    """POST /v3/assets: multipart `file`; its type is detected from the content. Idempotency-Key: 24 h."""
    base = request.public_url
    body = FormBody(request, text_fields={}, limit=POLICY.max_bytes)

    async def work(claim: Claim | None) -> Asset:
        return await request.library.ingest.create_asset(
            IngestRequest(
                workspace_id=request.workspace_id,
                body=body,
                policy=POLICY,
                describe=_no_fields,
                claim=claim,
            )
        )

    def render(asset: Asset) -> tuple[int, bytes]:
        return 200, msgspec.json.encode(shapes.upload_reply(asset, base))

    return await idempotent(request, work, render, upload=body, characters=IDEMPOTENCY_KEY)


@get("/v3/assets", guards=[require_scope(Scope.ASSETS_READ)])
async def list_assets(request: AppRequest) -> dict[str, Any]:
    """GET /v3/assets: newest first. An empty `folder_id` means the root; `username` is ignored."""
    base = request.public_url
    limit = page_size(query_param(request, "limit"), minimum=1, maximum=_MAX_PAGE, default=_DEFAULT_PAGE)
    after = cursor_of(query_param(request, "token"))
    wanted = Filter(
        folder_id=await folder_param(request, "folder_id"), without_folder=query_param(request, "folder_id") == ""
    )
    assets, more = await request.library.catalog.assets.page(request.workspace_id, wanted, after, limit)
    return shapes.page(
        [shapes.asset(asset, request.principal.workspace, base) for asset in assets], next_token(assets, more)
    )


@get("/v3/assets/{asset_id:str}", guards=[require_scope(Scope.ASSETS_READ)])
async def get_asset(request: AppRequest, asset_id: str) -> dict[str, Any]:
    """GET /v3/assets/{asset_id}: one asset."""
    base = request.public_url
    with parsed_asset_id(asset_id) as id:
        asset = await request.library.catalog.assets.get(request.workspace_id, id)
    return {"data": shapes.asset(asset, request.principal.workspace, base)}


@delete("/v3/assets/{asset_id:str}", status_code=200, guards=[require_scope(Scope.ASSETS_WRITE)])
async def delete_asset(request: AppRequest, asset_id: str) -> dict[str, Any]:
    """DELETE /v3/assets/{asset_id}: delete the asset for good."""
    with parsed_asset_id(asset_id) as id:
        deleted = await request.library.catalog.assets.delete(request.workspace_id, id)
    request.context.file_cache.invalidate(*deleted.file_ids)
    return {"data": {"id": deleted.asset.id.hex}}


ROUTES = (upload_asset, list_assets, get_asset, delete_asset)
