"""Partial updates of assets."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from mediatheque.errors import Conflict, Invalid, LibraryError, TransactionConflict
from mediatheque.library.catalog import folders
from mediatheque.library.catalog.fields import check_external_id
from mediatheque.library.catalog.metadata import check_metadata, merge_patch
from mediatheque.library.catalog.references import lock_collection
from mediatheque.library.catalog.tags import ensure, require
from mediatheque.library.tasks import defer
from mediatheque.model import Asset, CollectionType
from mediatheque.records.catalog import assets as rows
from mediatheque.records.catalog import tags
from mediatheque.records.collections import members
from mediatheque.records.database import Connection

BY_HAND = (CollectionType.MANUAL, CollectionType.CHARACTER)
"""Types of collections that assets are added to and removed from."""


class AssetPatch(msgspec.Struct, frozen=True, kw_only=True):
    """A partial update of an asset: fields that are UNSET keep their values, None clears one.

    `tag_ids` and `tags`, which are names and created if they do not exist, replace all tags; `collection_ids` replaces
    the collections and characters that the asset is in. `metadata` is a JSON merge patch; None removes all of it.
    """

    title: str | UnsetType = UNSET
    caption: str | UnsetType | None = UNSET
    is_favorite: bool | UnsetType = UNSET
    folder_id: UUID | UnsetType | None = UNSET
    external_id: str | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET
    tag_ids: tuple[UUID, ...] | UnsetType = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    collection_ids: tuple[UUID, ...] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Raise `Invalid` for a text with NUL or an external id that is not valid."""
        for name, text in (("title", self.title), ("caption", self.caption)):
            if isinstance(text, str) and "\0" in text:
                raise Invalid(f"{name} contains a NUL character.", param=name)
        if isinstance(self.external_id, str):
            check_external_id(self.external_id)


async def apply_patch(conn: Connection, asset: Asset, patch: AssetPatch) -> None:
    """Change the asset, which the caller has locked, and embed it again if its caption changes.

    Raises `NotFound` when a tag id, a collection or the folder does not exist, `Invalid` when a collection is a smart
    one or the metadata is out of bounds then, and `Conflict` when another asset has the external id: then the
    transaction is to be rolled back.
    """
    values = changed_values(asset, patch)
    if isinstance(folder_id := values.get("folder_id"), UUID):
        await folders.lock_for_share(conn, asset.workspace_id, folder_id)
    try:
        await rows.update(conn, asset, values)
    except rows.ExternalIdTaken:
        raise external_id_taken() from None
    await _replace_tags(conn, asset, patch)
    if not isinstance(patch.collection_ids, UnsetType):
        await _replace_collections(conn, asset, patch.collection_ids)
    if "caption" in values:
        await defer(conn, "embed_asset", asset_id=asset.id)


def external_id_taken(*, updates: bool = False) -> LibraryError:
    """Return the error that another asset has the external id.

    Where that asset is to be updated, a concurrent request has made it: the transaction is to be repeated.
    """
    return TransactionConflict() if updates else Conflict("Another asset has this external_id.", param="external_id")


def changed_values(asset: Asset, patch: AssetPatch) -> dict[str, object]:
    """Return the columns that get another value. Raises `Invalid` when the metadata is out of bounds then."""
    values: dict[str, object] = {
        name: value
        for name in ("title", "caption", "is_favorite", "folder_id", "external_id")
        if (value := getattr(patch, name)) is not UNSET
    }
    if not isinstance(patch.metadata, UnsetType):
        values["metadata"] = merged = merge_patch(asset.metadata, patch.metadata) if patch.metadata is not None else {}
        check_metadata(merged)
    return {name: value for name, value in values.items() if value != getattr(asset, name)}


async def _replace_tags(conn: Connection, asset: Asset, patch: AssetPatch) -> None:
    if patch.tag_ids is UNSET and patch.tags is UNSET:
        return
    known = await require(conn, asset.workspace_id, patch.tag_ids or (), param="tag_ids")
    named = await ensure(conn, asset.workspace_id, patch.tags or ())
    ids = [tag.id for tag in (*known, *named)]
    await tags.unassign_others(conn, asset.id, ids)
    await tags.assign(conn, asset.workspace_id, asset.id, ids)


async def _replace_collections(conn: Connection, asset: Asset, ids: tuple[UUID, ...]) -> None:
    for id in dict.fromkeys(ids):
        await lock_collection(conn, asset.workspace_id, id, BY_HAND, param="collection_ids")
    await members.remove_from_others(conn, asset.id, ids)
    for id in ids:
        await members.add(conn, asset.workspace_id, id, asset.id)
