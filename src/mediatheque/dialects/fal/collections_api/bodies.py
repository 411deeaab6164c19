"""[documented] Request bodies for collections and characters. The library checks the lengths of texts."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from mediatheque.dialects.fal.collections_api.images import cover_file_id_in
from mediatheque.dialects.fal.references import Id
from mediatheque.http.context import AppRequest
from mediatheque.http.request.example_files import example_files
from mediatheque.library.collections.patch import CollectionPatch

MAX_BODY = 256 * 1024
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Images = Annotated[list[Url], msgspec.Meta(min_length=1, max_length=20)]


class NewCollection(msgspec.Struct, frozen=True):
    """The body of POST /v1/assets/collections. A collection with `filters` is smart."""

    name: str
    description: str | None = None
    icon: str | None = None
    color: str | None = None
    cover_image_url: Url | None = None
    parent_collection_id: Id | None = None
    filters: Any = None


class ChangedCollection(msgspec.Struct, frozen=True):
    """The body of PATCH /v1/assets/collections/{collection_id}: absent fields are not changed."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    icon: str | UnsetType | None = UNSET
    color: str | UnsetType | None = UNSET
    cover_image_url: Url | UnsetType | None = UNSET
    filters: Any = UNSET


class NewParent(msgspec.Struct, frozen=True):
    """The body of a move; null means the top level."""

    parent_collection_id: Id | None


class NewCharacter(msgspec.Struct, frozen=True):
    """The body of POST /v1/assets/characters."""

    name: str
    description: str
    reference_images: Images
    identifier: str | None = None
    cover_image_url: Url | None = None


class ChangedCharacter(msgspec.Struct, frozen=True):
    """The body of PATCH /v1/assets/characters/{character_id}. The identifier is fixed; if sent, it must match."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    reference_images: Images | UnsetType = UNSET
    cover_image_url: Url | UnsetType | None = UNSET
    identifier: str | None = None


def patch_of(request: AppRequest, wanted: NewCollection | ChangedCollection) -> CollectionPatch:
    """Convert to a `CollectionPatch`. Raises as `cover_file_id_in` does."""
    return CollectionPatch(
        name=wanted.name,
        description=wanted.description,
        icon=wanted.icon,
        color=wanted.color,
        cover_file_id=cover_file_id_in(request, wanted.cover_image_url),
        filters=wanted.filters,
        example_files=example_files(request, wanted.filters),
    )
