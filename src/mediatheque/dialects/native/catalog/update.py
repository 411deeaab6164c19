"""Changes of assets, and assets by the client's own ids, in the native API."""

from uuid import UUID

import msgspec

from mediatheque.dialects.native.catalog.details import AssetChanges, ExternalId
from mediatheque.dialects.native.endpoint import get, patch
from mediatheque.dialects.native.shapes import AssetShape, DescribedAsset
from mediatheque.errors import AssetNotFound, Conflict, FolderNotFound, NotFound
from mediatheque.http.context import AppRequest
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope


class ByExternalId(msgspec.Struct, frozen=True):
    """Which asset."""

    external_id: ExternalId


@patch(
    "/api/assets/{id}",
    scope=Scope.ASSETS_WRITE,
    not_found=AssetNotFound,
    errors=(NotFound, FolderNotFound, Conflict),
    tag="assets",
    example={"title": "Bear", "tags": ["bear"], "metadata": {"shot": "12", "draft": None}},
)
async def update_asset(
    request: AppRequest, id: UUID, body: AssetChanges, if_match: str | None, claim: Claim | None
) -> AssetShape:
    """Change an asset.

    Everything or nothing is changed. A new caption is found by searches once the worker has embedded it, its words at
    once.
    """
    assets = request.library.catalog.assets
    asset = await assets.update(request.workspace_id, id, body.patch(), if_match=if_match, claim=claim)
    return AssetShape.of(asset, request.public_url)


@get("/api/assets/by-external-id", scope=Scope.ASSETS_READ, errors=(AssetNotFound,), tag="assets")
async def get_asset_by_external_id(request: AppRequest, query: ByExternalId) -> DescribedAsset:
    """Get an asset by your own id."""
    assets, base = request.library.catalog.assets, request.public_url
    found = await assets.get_by_external_id(request.workspace_id, query.external_id)
    asset, said = await assets.get_described(request.workspace_id, found.id)
    return DescribedAsset.of(asset, base, embedded=said.data, generation=said.generation)


ROUTES = (update_asset, get_asset_by_external_id)
