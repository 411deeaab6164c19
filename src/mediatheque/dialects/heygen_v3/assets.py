"""HeyGen v3's asset operations."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post

from mediatheque.dialects.heygen_v3 import POLICY, shapes
from mediatheque.dialects.heygen_v3.ids import asset_id_in
from mediatheque.http.context import context_of
from mediatheque.http.request.auth import caller_of, needs
from mediatheque.http.request.idempotency import once
from mediatheque.http.request.pagination import limit_of, next_token, position_of
from mediatheque.http.request.query import asked, folder_asked
from mediatheque.http.upload.bodies import FormBody
from mediatheque.library.idempotency import Receipt
from mediatheque.library.ingest.request import Details, Offer
from mediatheque.model import Asset, Filter, Labels, Scope

_MOST, _USUAL = 100, 20


def _details(_: Labels) -> Details:
    return Details()


@post("/v3/assets", status_code=200, guards=[needs(Scope.WRITE)], request_max_body_size=None)
async def upload_asset(request: Request[Any, Any, Any]) -> Response[bytes]:
    """POST /v3/assets: multipart `file`, its type found in the bytes; replayed for 24 h under an Idempotency-Key."""
    context = context_of(request)
    base = context.origins.base(request)
    body = FormBody(request, text_fields={}, limit=POLICY.max_bytes)

    async def work(receipt: Receipt | None) -> Asset:
        return await context.library.intake.take(
            Offer(
                workspace_id=caller_of(request).workspace_id,
                body=body,
                policy=POLICY,
                describe=_details,
                receipt=receipt,
            )
        )

    def render(asset: Asset) -> tuple[int, bytes]:
        return 200, msgspec.json.encode(shapes.uploaded(asset, base))

    return await once(request, work, render, body)


@get("/v3/assets", guards=[needs(Scope.READ)])
async def list_assets(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """GET /v3/assets: newest first. An empty `folder_id` means the root; `username` is accepted, and ignored."""
    context, caller = context_of(request), caller_of(request)
    base = context.origins.base(request)
    limit = limit_of(asked(request, "limit"), least=1, most=_MOST, default=_USUAL)
    after = position_of(asked(request, "token"))
    wanted = Filter(folder_id=await folder_asked(request, "folder_id"), unfiled=asked(request, "folder_id") == "")
    assets, more = await context.library.assets.page(caller.workspace_id, wanted, after, limit)
    return shapes.page([shapes.asset(asset, caller.workspace, base) for asset in assets], next_token(assets, more))


@get("/v3/assets/{asset_id:str}", guards=[needs(Scope.READ)])
async def get_asset(request: Request[Any, Any, Any], asset_id: str) -> dict[str, Any]:
    """GET /v3/assets/{asset_id}: one asset."""
    context, caller = context_of(request), caller_of(request)
    base = context.origins.base(request)
    with asset_id_in(asset_id) as id:
        asset = await context.library.assets.get(caller.workspace_id, id)
    return {"data": shapes.asset(asset, caller.workspace, base)}


@delete("/v3/assets/{asset_id:str}", status_code=200, guards=[needs(Scope.WRITE)])
async def delete_asset(request: Request[Any, Any, Any], asset_id: str) -> dict[str, Any]:
    """DELETE /v3/assets/{asset_id}: for good."""
    context = context_of(request)
    with asset_id_in(asset_id) as id:
        asset = await context.library.assets.delete(caller_of(request).workspace_id, id)
    context.shelf.forget(asset.file.id)
    return {"data": {"id": asset.id.hex}}


ROUTES = (upload_asset, list_assets, get_asset, delete_asset)
