"""Assets in the native API."""

from uuid import UUID

from mediatheque.dialects.native.catalog.details import AssetDetails
from mediatheque.dialects.native.endpoint import get, operation_of, post
from mediatheque.dialects.native.shapes import AssetShape, DescribedAsset
from mediatheque.dialects.native.uploads.form import upload_files
from mediatheque.errors import (
    AssetNotFound,
    Conflict,
    DeclaredTypeMismatch,
    EmptyFile,
    FetchFailed,
    FolderNotFound,
    NotFound,
    QuotaExceeded,
    TooLarge,
    TypeMismatch,
    Unreadable,
    UnsupportedKind,
    UrlRefused,
)
from mediatheque.http.context import AppRequest
from mediatheque.http.request.asset_sources import AssetInput, import_asset
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.sources import MAX_INLINE
from mediatheque.model import Scope

_MAX_BODY = MAX_INLINE * 4 // 3 + 256 * 1024
_EXAMPLE = {"source": {"type": "url", "url": "https://v3.fal.media/files/b/panda/bear.png"}, "title": "A bear"}


class NewAsset(AssetDetails, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new asset: where its content comes from, and what it is called."""

    source: AssetInput


@post(
    "/api/assets",
    scope=Scope.UPLOADS_WRITE,
    status=201,
    max_body=_MAX_BODY,
    example=_EXAMPLE,
    forms=operation_of(upload_files),
    errors=(
        AssetNotFound,
        NotFound,
        FolderNotFound,
        Conflict,
        UrlRefused,
        FetchFailed,
        TooLarge,
        EmptyFile,
        UnsupportedKind,
        DeclaredTypeMismatch,
        TypeMismatch,
        Unreadable,
        QuotaExceeded,
    ),
)
async def create_asset(request: AppRequest, body: NewAsset, claim: Claim | None) -> AssetShape:
    """Create an asset.

    The content comes from a URL, from another asset, or as base64. A form with files is taken as by POST
    /api/assets/upload: the answer is 200 then, with a result for each file.
    """
    asset = await import_asset(request, body.source, body.fields(request), claim, within="source")
    return AssetShape.of(asset, request.public_url)


@get("/api/assets/{id}", scope=Scope.ASSETS_READ, not_found=AssetNotFound)
async def get_asset(request: AppRequest, id: UUID) -> DescribedAsset:
    """Get an asset, with what its file says about itself."""
    asset, said = await request.library.catalog.assets.get_described(request.workspace_id, id)
    return DescribedAsset.of(asset, request.public_url, embedded=said.data, generation=said.generation)


ROUTES = (create_asset, get_asset)
