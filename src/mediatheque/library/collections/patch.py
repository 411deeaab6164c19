"""Partial updates of collections."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from mediatheque.errors import Invalid
from mediatheque.library.collections import filters
from mediatheque.model import CollectionType

_MAX_LENGTHS = {"name": 255, "description": 2000, "icon": 64, "color": 64}
_REQUIRED = {"name": frozenset(CollectionType), "description": frozenset({CollectionType.CHARACTER})}


class CollectionPatch(msgspec.Struct, frozen=True, kw_only=True):
    """A partial update of a collection: fields that are UNSET keep their values.

    `filters` is a condition as JSON. `example_files` are the ids of the library's files at the URLs in it; an example
    URL that is not a key matches nothing.
    """

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    icon: str | UnsetType | None = UNSET
    color: str | UnsetType | None = UNSET
    cover_file_id: UUID | UnsetType | None = UNSET
    filters: Any = UNSET
    example_files: Mapping[str, UUID] = {}

    @property
    def values(self) -> dict[str, object]:
        """The fields that are set, by column. `example_files` are set with the `filters` that name them."""
        values = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}
        if self.filters is UNSET:
            del values["example_files"]
        return values


def check(changes: CollectionPatch, collection_type: CollectionType) -> None:
    """Raise `Invalid` when a collection of the type cannot have one of the values."""
    for name, value in changes.values.items():
        if name in _MAX_LENGTHS:
            _check_text(name, value, required=collection_type in _REQUIRED.get(name, ()))
    if changes.filters is UNSET or (changes.filters is None and collection_type is not CollectionType.SMART):
        return
    if collection_type is not CollectionType.SMART:
        raise Invalid(f"filters: a {collection_type.value} collection has none.", param="filters")
    filters.parse(changes.filters)


def _check_text(name: str, value: object, *, required: bool) -> None:
    minimum, maximum = int(required), _MAX_LENGTHS[name]
    if value is None and not required:
        return
    if not isinstance(value, str) or not minimum <= len(value) <= maximum or "\0" in value:
        raise Invalid(f"{name} has {minimum} to {maximum} characters, and no NUL.", param=name)
