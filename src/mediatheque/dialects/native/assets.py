"""Assets in the native API."""

from typing import Annotated
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import get, post
from mediatheque.dialects.native.provenance import ProvenanceFields
from mediatheque.dialects.native.shapes import AssetShape, DescribedAsset
from mediatheque.errors import (
    AssetNotFound,
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
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.sources import MAX_INLINE
from mediatheque.model import Scope

_MAX_BODY = MAX_INLINE * 4 // 3 + 256 * 1024
_EXAMPLE = {"source": {"type": "url", "url": "https://v3.fal.media/files/b/panda/bear.png"}, "title": "A bear"}

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class NewAsset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new asset: where its content comes from, and what it is called."""

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


@post(
    "/api/assets",
    scope=Scope.UPLOADS_WRITE,
    status=201,
    max_body=_MAX_BODY,
    example=_EXAMPLE,
    errors=(
        AssetNotFound,
        NotFound,
        FolderNotFound,
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

    The content comes from a URL, from another asset, or as base64.
    """
    asset = await import_asset(request, body.source, body.fields(request), claim)
    return AssetShape.of(asset, request.public_url)


@get("/api/assets/{id}", scope=Scope.ASSETS_READ, not_found=AssetNotFound)
async def get_asset(request: AppRequest, id: UUID) -> DescribedAsset:
    """Get an asset, with what its file says about itself."""
    asset, said = await request.library.catalog.assets.get_described(request.workspace_id, id)
    return DescribedAsset.of(asset, request.public_url, embedded=said.data, generation=said.generation)


ROUTES = (create_asset, get_asset)
