"""fal's assets: register, read, delete."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, post

from mediatheque.dialects.fal.assets_api import shapes
from mediatheque.dialects.fal.assets_api.provenance import ProvenanceFields
from mediatheque.dialects.fal.policy import ASSET_KINDS
from mediatheque.dialects.fal.references import parse_asset_id, parse_id_or_404
from mediatheque.http.context import AppRequest
from mediatheque.http.request.asset_sources import UrlInput, import_asset
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.catalog.filenames import title_from
from mediatheque.library.idempotency import Claim
from mediatheque.model import Asset, Scope

_MAX_BODY = 512 * 1024


class Registration(ProvenanceFields, frozen=True, kw_only=True):
    """The body of POST /v1/assets/uploads, as documented, with our provenance fields."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    type: Literal["image", "video", "audio", "3d"]
    collection_id: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    favorite: bool = False
    tag_ids: Annotated[list[str], msgspec.Meta(max_length=1000)] = []


@post("/v1/assets/uploads", guards=[require_scope(Scope.UPLOADS_WRITE)], request_max_body_size=_MAX_BODY)
async def upload_asset(request: AppRequest) -> Response[bytes]:
    """POST /v1/assets/uploads: register a URL hosted here (or allow-listed); 201. The same URL is the same asset."""
    wanted = await read_json(request, Registration)
    base = request.public_url
    fields, kinds = _asset_fields(request, wanted), frozenset({ASSET_KINDS[wanted.type]})

    async def work(claim: Claim | None) -> Asset:
        return await import_asset(request, UrlInput(wanted.url), fields, claim, kinds)

    def render(asset: Asset) -> tuple[int, bytes]:
        return 201, msgspec.json.encode({"asset": shapes.asset(asset, base)})

    return await idempotent(request, work, render, fingerprint(wanted))


@get("/v1/assets/{id:str}", guards=[require_scope(Scope.ASSETS_READ)])
async def get_asset(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v1/assets/{vector_id}: the asset."""
    base = request.public_url
    asset = await request.library.catalog.assets.get(request.workspace_id, parse_asset_id(id, "vector_id"))
    return {"asset": shapes.asset(asset, base)}


@delete("/v1/assets/{id:str}", guards=[require_scope(Scope.ASSETS_WRITE)], status_code=204)
async def delete_asset(request: AppRequest, id: str) -> None:
    """DELETE /v1/assets/{vector_id}: 204. fal removed this operation in May 2026; it is kept here."""
    deleted = await request.library.catalog.assets.delete(request.workspace_id, parse_asset_id(id, "vector_id"))
    request.context.file_cache.invalidate(*deleted.file_ids)


def _asset_fields(request: AppRequest, wanted: Registration) -> AssetFields:
    return AssetFields(
        title=title_from(None, wanted.prompt, "") or None,
        caption=wanted.prompt,
        provenance=wanted.provenance(request),
        favorite=wanted.favorite,
        tag_ids=tuple(parse_id_or_404(id, "Tag", "tag_ids") for id in wanted.tag_ids),
        collection_id=parse_id_or_404(wanted.collection_id, "Collection", "collection_id")
        if wanted.collection_id
        else None,
    )


ROUTES = (upload_asset, get_asset, delete_asset)
