"""Assets in the native API."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post

from mediatheque.dialects.native import shapes
from mediatheque.dialects.native.provenance import ProvenanceFields
from mediatheque.errors import AssetNotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.asset_sources import AssetInput, import_asset
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.http.request.pagination import cursor_of, next_token, page_size
from mediatheque.http.request.query import enum_param, parse_id, query_param
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.sources import MAX_INLINE
from mediatheque.model import Asset, Filter, Kind, Scope

_MAX_BODY = MAX_INLINE * 4 // 3 + 256 * 1024

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class NewAsset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /api/assets."""

    source: AssetInput
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    caption: Text | None = None
    favorite: bool = False
    tag_ids: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=1000)] = ()
    collection_id: UUID | None = None
    folder_id: UUID | None = None
    provenance: ProvenanceFields | None = None

    def fields(self, request: AppRequest) -> AssetFields:
        """Convert to the fields of the new asset."""
        return AssetFields(
            title=self.title,
            caption=self.caption,
            favorite=self.favorite,
            tag_ids=self.tag_ids,
            collection_id=self.collection_id,
            folder_id=self.folder_id,
            provenance=self.provenance.read(request) if self.provenance else None,
        )


@post("/api/assets", guards=[require_scope(Scope.WRITE)], request_max_body_size=_MAX_BODY)
async def create_asset(request: AppRequest) -> Response[bytes]:
    """POST /api/assets: create an asset from a URL, another asset or base64; 201."""
    wanted = await read_json(request, NewAsset)
    fields, base = wanted.fields(request), request.public_url

    async def work(claim: Claim | None) -> Asset:
        return await import_asset(request, wanted.source, fields, claim)

    def render(asset: Asset) -> tuple[int, bytes]:
        return 201, msgspec.json.encode(shapes.asset(asset, base))

    return await idempotent(request, work, render, fingerprint(wanted))


@get("/api/assets", guards=[require_scope(Scope.READ)])
async def list_assets(request: AppRequest) -> dict[str, Any]:
    """GET /api/assets?limit=&cursor=&kind=: newest first; `next_cursor` is null at the end."""
    base = request.public_url
    limit = page_size(query_param(request, "limit"), minimum=1, maximum=1000, default=100)
    after = cursor_of(query_param(request, "cursor"), param="cursor")
    kind = enum_param(request, "kind", Kind)
    wanted = Filter(kinds=(kind,) if kind else ())
    assets = request.library.catalog.assets
    found, more = await assets.page(request.workspace_id, wanted, after, limit)
    return {"items": [shapes.asset(asset, base) for asset in found], "next_cursor": next_token(found, more)}


@get("/api/assets/{id:str}", guards=[require_scope(Scope.READ)])
async def get_asset(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /api/assets/{id}: the asset."""
    base = request.public_url
    return shapes.asset(
        await request.library.catalog.assets.get(request.workspace_id, parse_id(id, AssetNotFound)), base
    )


@delete("/api/assets/{id:str}", guards=[require_scope(Scope.WRITE)], status_code=204)
async def delete_asset(request: AppRequest, id: str) -> None:
    """DELETE /api/assets/{id}: delete the asset; 204, and 404 the second time."""
    asset = await request.library.catalog.assets.delete(request.workspace_id, parse_id(id, AssetNotFound))
    request.context.file_cache.invalidate(asset.file.id)


ROUTES = (create_asset, list_assets, get_asset, delete_asset)
