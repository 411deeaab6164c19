"""The fields that an asset is given when it is created."""

import enum
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.errors import Invalid
from mediatheque.library.catalog.metadata import check_metadata
from mediatheque.model import Provenance

MAX_EXTERNAL_ID = 255


class OnConflict(enum.StrEnum):
    """What to do when another asset of the workspace has the external id."""

    ERROR = "error"
    """Refuse."""
    UPDATE = "update"
    """Give that asset the content and the fields that are set; no other asset is made."""


class AssetFields(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a new asset, apart from its file. `id` is set when an upload session has announced it.

    `tag_ids`, `collection_id`, `collection_ids` and `folder_id` must exist in the workspace, the folder outside the
    trash. `tags` are names: those that do not exist are created. `metadata` is within the bounds of `check_metadata`.
    """

    id: UUID | None = None
    caption: str | None = None
    title: str | None = None
    provenance: Provenance | None = None
    favorite: bool = False
    tag_ids: tuple[UUID, ...] = ()
    tags: tuple[str, ...] = ()
    collection_id: UUID | None = None
    collection_ids: tuple[UUID, ...] = ()
    folder_id: UUID | None = None
    metadata: dict[str, Any] = {}
    external_id: str | None = None
    on_conflict: OnConflict = OnConflict.ERROR

    def __post_init__(self) -> None:
        """Raise `Invalid` for a text with NUL, which PostgreSQL cannot store, and what is out of bounds.

        Inputs need a request id.
        """
        for name, text in (("caption", self.caption), ("title", self.title)):
            if "\0" in (text or ""):
                raise Invalid(f"{name} contains a NUL character.", param=name)
        if self.provenance and self.provenance.inputs and self.provenance.request_id is None:
            raise Invalid("Inputs are those of a request: name it by request_id.", param="request_id")
        check_external_id(self.external_id)
        if self.metadata:
            check_metadata(self.metadata)

    @property
    def has_references(self) -> bool:
        """Whether the asset will refer to more than its file: to tags, a collection, a folder or a request.

        Also when another asset may have to be updated instead.
        """
        request_id = self.provenance and self.provenance.request_id
        named = self.tag_ids or self.tags or self.all_collection_ids or self.folder_id
        return bool(named or request_id or self.updates)

    @property
    def all_collection_ids(self) -> tuple[UUID, ...]:
        """The collections of both fields, each once."""
        return tuple(dict.fromkeys([*([self.collection_id] if self.collection_id else []), *self.collection_ids]))

    @property
    def updates(self) -> bool:
        """Whether an asset that has the external id is to be updated."""
        return self.external_id is not None and self.on_conflict is OnConflict.UPDATE


def check_external_id(external_id: str | None) -> None:
    """Raise `Invalid` unless the external id has 1 to `MAX_EXTERNAL_ID` characters, none of them NUL."""
    if external_id is not None and (not 1 <= len(external_id) <= MAX_EXTERNAL_ID or "\0" in external_id):
        raise Invalid(f"external_id has 1 to {MAX_EXTERNAL_ID} characters, and no NUL.", param="external_id")
