"""The fields that an asset is given when it is created."""

from uuid import UUID

import msgspec

from mediatheque.errors import Invalid
from mediatheque.model import Provenance


class AssetFields(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a new asset, apart from its file. `id` is set when an upload session has announced it.

    `tag_ids`, `collection_id` and `folder_id` must exist in the workspace, the folder outside the trash.
    """

    id: UUID | None = None
    caption: str | None = None
    title: str | None = None
    provenance: Provenance | None = None
    favorite: bool = False
    tag_ids: tuple[UUID, ...] = ()
    collection_id: UUID | None = None
    folder_id: UUID | None = None

    def __post_init__(self) -> None:
        """Raise `Invalid` when a text contains NUL, which PostgreSQL cannot store, or inputs have no request id."""
        for name, text in (("caption", self.caption), ("title", self.title)):
            if "\0" in (text or ""):
                raise Invalid(f"{name} contains a NUL character.", param=name)
        if self.provenance and self.provenance.inputs and self.provenance.request_id is None:
            raise Invalid("Inputs are those of a request: name it by request_id.", param="request_id")

    @property
    def has_references(self) -> bool:
        """Whether the asset will refer to more than its file: to tags, a collection, a folder or a request."""
        request_id = self.provenance and self.provenance.request_id
        return bool(self.tag_ids or self.collection_id or self.folder_id or request_id)
