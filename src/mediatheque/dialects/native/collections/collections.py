"""Collections: list, create, read, change and delete."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from mediatheque.dialects.native.collections.shapes import CollectionPage, CollectionShape
from mediatheque.dialects.native.endpoint import delete, get, patch, post
from mediatheque.errors import AssetNotFound, InvalidQuery, NotFound, TypeMismatch, Unreadable
from mediatheque.http.context import AppRequest
from mediatheque.http.request.example_files import example_files
from mediatheque.http.request.pagination import cursor_of, next_token
from mediatheque.library.collections.patch import CollectionPatch
from mediatheque.library.idempotency import Claim
from mediatheque.model import CollectionFilter, CollectionType, Filter, Scope

_ROOT = "none"
_MAX_BODY = 256 * 1024
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Description = Annotated[str, msgspec.Meta(max_length=2000)]
_Short = Annotated[str, msgspec.Meta(max_length=64)]
_EXAMPLE = {
    "name": "Approved",
    "filters": {"and": [{"field": "metadata.approved", "op": "eq", "value": True}]},
}


class ListCollections(msgspec.Struct, frozen=True):
    """Which collections: of these types, in the collection `parent_id`, or with `none` those at the top of the tree."""

    type: tuple[CollectionType, ...] = ()
    parent_id: Annotated[str, msgspec.Meta(max_length=50)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    cursor: str | None = None

    def read(self) -> CollectionFilter:
        """Return the filter. Raises `InvalidQuery`."""
        is_top = self.parent_id == _ROOT
        try:
            parent_id = UUID(self.parent_id) if self.parent_id and not is_top else None
        except ValueError:
            raise InvalidQuery(f"parent_id must be an id, or {_ROOT}.", param="parent_id") from None
        return CollectionFilter(types=self.type or tuple(CollectionType), parent_id=parent_id, top_only=is_top)


class NewCollection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new collection: a smart one if it has `filters`, else a manual one. `cover_asset_id` is that of an image."""

    name: _Name
    description: _Description | None = None
    icon: _Short | None = None
    color: _Short | None = None
    cover_asset_id: UUID | None = None
    parent_id: UUID | None = None
    filters: dict[str, Any] | None = None


class CollectionChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields to change; null clears an optional one."""

    name: _Name | UnsetType = UNSET
    description: _Description | UnsetType | None = UNSET
    icon: _Short | UnsetType | None = UNSET
    color: _Short | UnsetType | None = UNSET
    cover_asset_id: UUID | UnsetType | None = UNSET
    filters: dict[str, Any] | UnsetType = UNSET


@get("/api/collections", scope=Scope.COLLECTIONS_READ)
async def list_collections(request: AppRequest, query: ListCollections) -> CollectionPage:
    """List collections of every type, newest first."""
    base, after = request.public_url, cursor_of(query.cursor, param="cursor")
    collections = request.library.collections.collections
    found, more = await collections.list(request.workspace_id, query.read(), after, query.limit)
    return CollectionPage([CollectionShape.of(each, base) for each in found], next_token(found, more))


@post(
    "/api/collections",
    scope=Scope.COLLECTIONS_WRITE,
    status=201,
    errors=(NotFound, AssetNotFound, TypeMismatch, Unreadable),
    example=_EXAMPLE,
    max_body=_MAX_BODY,
)
async def create_collection(request: AppRequest, body: NewCollection, claim: Claim | None) -> CollectionShape:
    """Create a collection."""
    created = await request.library.collections.collections.create(
        request.workspace_id, body.name, await _patch(request, body), parent_id=body.parent_id, claim=claim
    )
    return CollectionShape.of(created, request.public_url)


@get("/api/collections/{id}", scope=Scope.COLLECTIONS_READ, not_found=NotFound, errors=(TypeMismatch, Unreadable))
async def get_collection(request: AppRequest, id: UUID) -> CollectionShape:
    """Get a collection, with the number of its assets.

    The assets of a smart collection are counted now. `GET /api/assets?collection_id=` lists them.
    """
    found = await request.library.collections.collections.get(request.workspace_id, id)
    if found.type is not CollectionType.MANUAL:
        wanted, _ = await request.library.collections.smart.resolve_filter(Filter(), found)
        counted = await request.library.catalog.lists.count(request.workspace_id, wanted)
        found = msgspec.structs.replace(found, asset_count=None if counted.more else counted.count)
    return CollectionShape.of(found, request.public_url)


@patch(
    "/api/collections/{id}",
    scope=Scope.COLLECTIONS_WRITE,
    not_found=NotFound,
    errors=(AssetNotFound, TypeMismatch, Unreadable),
    example={"description": None, "color": "#c2185b"},
    max_body=_MAX_BODY,
)
async def update_collection(
    request: AppRequest, id: UUID, body: CollectionChange, claim: Claim | None
) -> CollectionShape:
    """Change a collection or a character. Its type stays what it is."""
    collections = request.library.collections.collections
    changed = await collections.update(request.workspace_id, id, await _patch(request, body), claim)
    return CollectionShape.of(changed, request.public_url)


@delete("/api/collections/{id}", scope=Scope.COLLECTIONS_WRITE, status=204, not_found=NotFound)
async def delete_collection(request: AppRequest, id: UUID, claim: Claim | None) -> None:
    """Delete a collection or a character. Its assets stay; the collections in it move up to its parent."""
    await request.library.collections.collections.delete(request.workspace_id, id, claim)


async def _patch(request: AppRequest, wanted: NewCollection | CollectionChange) -> CollectionPatch:
    """Convert to a patch. Raises `NotFound` for an unknown cover."""
    cover = wanted.cover_asset_id
    if isinstance(cover, UUID):
        cover = (await request.library.catalog.assets.get(request.workspace_id, cover)).file.id
    return CollectionPatch(
        name=wanted.name,
        description=wanted.description,
        icon=wanted.icon,
        color=wanted.color,
        cover_file_id=cover,
        filters=wanted.filters,
        example_files=example_files(request, wanted.filters),
    )


ROUTES = (list_collections, create_collection, get_collection, update_collection, delete_collection)
