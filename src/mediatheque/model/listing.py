"""Which of them a list shows, and where it goes on."""

from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model.filters import Condition
from mediatheque.model.media import Kind


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which assets are meant: those that meet all of this. Of several `kinds`, `types` or `sources`, any will do.

    Of `tag_ids` one will do, or with `all_tags` none may be missing. `collection_id` is of one that has members, and
    `character_ids` of characters, one of which will do. `without_folder` is: in no folder.
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
    """Which folders a list shows: in the trash or not, in one folder or at the root, with `name` in theirs."""

    trashed: bool = False
    parent_id: UUID | None = None
    root_only: bool = False
    name: str = ""


class Cursor(msgspec.Struct, frozen=True):
    """A place in the order of assets or folders, newest first; `id` parts those of one moment."""

    created_at: datetime
    id: UUID
