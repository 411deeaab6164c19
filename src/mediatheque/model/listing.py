"""Filters and cursors of lists."""

from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model.filters import Condition
from mediatheque.model.media import Kind


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter for assets: an asset must meet every field that is set.

    Of several `kinds`, `types`, `sources` or `character_ids`, one suffices; of several `tag_ids` too, unless `all_tags`
    is set. `collection_id` is that of a collection with members, not of a smart one.
    """

    kinds: tuple[Kind, ...] = ()
    types: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    favorites: bool = False
    tag_ids: tuple[UUID, ...] = ()
    all_tags: bool = False
    collection_id: UUID | None = None
    character_ids: tuple[UUID, ...] = ()
    folder_id: UUID | None = None
    without_folder: bool = False
    condition: Condition | None = None


class FolderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter for folders: in the trash or not, in one folder or at the root, with `name` in their names."""

    trashed: bool = False
    parent_id: UUID | None = None
    root_only: bool = False
    name: str = ""


class Cursor(msgspec.Struct, frozen=True):
    """A position in a list of assets or folders, newest first. `id` breaks ties."""

    created_at: datetime
    id: UUID
