"""Filters, orders and cursors of lists."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model.assets import CollectionType
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


class CollectionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter for collections: of these types, in one collection or at the top of the tree."""

    types: tuple[CollectionType, ...] = tuple(CollectionType)
    parent_id: UUID | None = None
    top_only: bool = False


class Sort(enum.StrEnum):
    """What a list of assets is sorted by. An asset without a duration counts as one of 0 seconds."""

    CREATED_AT = "created_at"
    TITLE = "title"
    SIZE = "size"
    DURATION = "duration"


class Order(msgspec.Struct, frozen=True):
    """The order of a list of assets. Among equals, ids are in the same order."""

    by: Sort = Sort.CREATED_AT
    descending: bool = True


class Position(msgspec.Struct, frozen=True):
    """A position in an ordered list: what the list is sorted by, and the id of an asset, which may not match.

    Titles are folded and cut as the index has them.
    """

    key: datetime | str | int | float
    id: UUID


class Facet(enum.StrEnum):
    """What assets are counted by."""

    KIND = "kind"
    TAG = "tag"
    SOURCE = "source"
    ENDPOINT = "endpoint"
    MONTH = "month"
    """The month of creation in UTC."""


class Count(msgspec.Struct, frozen=True):
    """A number of assets. `more`: there may be more, counting stopped."""

    count: int
    more: bool = False


class FacetValue(msgspec.Struct, frozen=True):
    """A value with the number of assets that have it. Tags have their id as the value, and their name as the label."""

    value: str
    label: str
    count: int
    more: bool = False


class Facets(msgspec.Struct, frozen=True):
    """The assets of a filter, and how many have which value, the most first.

    `is_complete`: every count is exact. Else values that few assets have may be missing.
    """

    total: Count
    values: dict[Facet, tuple[FacetValue, ...]]
    is_complete: bool


class Cursor(msgspec.Struct, frozen=True):
    """A position in a list of assets or folders, newest first. `id` breaks ties."""

    created_at: datetime
    id: UUID
