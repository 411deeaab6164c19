"""The fields of assets in bodies of requests."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mediatheque.dialects.native.provenance import ProvenanceFields
from mediatheque.errors import ScopeMissing
from mediatheque.http.context import AppRequest
from mediatheque.library.catalog.fields import MAX_EXTERNAL_ID, AssetFields, OnConflict
from mediatheque.library.catalog.tags import MAX_NAME
from mediatheque.library.catalog.update import AssetPatch
from mediatheque.model import Scope

_MAX_TAGS = 1000

Title = Annotated[str, Meta(min_length=1, max_length=255)]
Caption = Annotated[str, Meta(min_length=1, max_length=2000)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=MAX_EXTERNAL_ID)]
Metadata = Annotated[dict[str, Any], Meta(description="A JSON object of your own: 16 KiB, 8 levels, 500 keys at most.")]
Ids = Annotated[tuple[UUID, ...], Meta(max_length=_MAX_TAGS)]
TagNames = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=MAX_NAME)], ...],
    Meta(max_length=_MAX_TAGS, description="Names of tags; those that do not exist are created."),
]


class AssetDetails(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a new asset is called, where it belongs, and what made it.

    With `on_conflict` `update`, the asset that has the `external_id` gets the content and the fields that are given,
    and no other one is made; without, the answer is 409.
    """

    title: Title | None = None
    caption: Caption | None = None
    favorite: bool = False
    tag_ids: Ids = ()
    tags: TagNames = ()
    collection_id: UUID | None = None
    collection_ids: Ids = ()
    folder_id: UUID | None = None
    metadata: Metadata = {}
    external_id: ExternalId | None = None
    on_conflict: OnConflict = OnConflict.ERROR
    provenance: ProvenanceFields | None = None

    def fields(self, request: AppRequest) -> AssetFields:
        """Convert to the fields of the new asset.

        Raises `Invalid`, and `ScopeMissing` when an existing asset may be changed and the key does not allow that.
        """
        if self.on_conflict is OnConflict.UPDATE and not request.principal.allows(Scope.ASSETS_WRITE):
            raise ScopeMissing("This API key lacks the scope 'assets:write', which on_conflict 'update' needs.")
        return AssetFields(
            title=self.title,
            caption=self.caption,
            favorite=self.favorite,
            tag_ids=self.tag_ids,
            tags=self.tags,
            collection_id=self.collection_id,
            collection_ids=self.collection_ids,
            folder_id=self.folder_id,
            metadata=self.metadata,
            external_id=self.external_id,
            on_conflict=self.on_conflict,
            provenance=self.provenance.read(request) if self.provenance else None,
        )


class AssetChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of an asset: what is absent stays as it is, null clears a field.

    `tag_ids` and `tags` together replace all tags, `collection_ids` the collections and characters that the asset is
    in. `metadata` is a JSON merge patch (RFC 7396): null removes a key, objects are merged, anything else is replaced.
    """

    title: Title | UnsetType = UNSET
    caption: Caption | UnsetType | None = UNSET
    is_favorite: bool | UnsetType = UNSET
    folder_id: UUID | UnsetType | None = UNSET
    external_id: ExternalId | UnsetType | None = UNSET
    metadata: Metadata | UnsetType | None = UNSET
    tag_ids: Ids | UnsetType = UNSET
    tags: TagNames | UnsetType = UNSET
    collection_ids: Ids | UnsetType = UNSET

    def patch(self) -> AssetPatch:
        """Convert to the library's patch. Raises `Invalid`."""
        return AssetPatch(**msgspec.structs.asdict(self))
