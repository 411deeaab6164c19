"""What ought to be so of a workspace's tags, collections and favourites, in plain Python.

Each verb does what the library's does, or raises what that raises.
"""

import unicodedata
from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound, Conflict, Invalid, NotFound
from mediatheque.model import CollectionType

DEEPEST = 5


class Thing(msgspec.Struct):
    """An asset: what it has, and where it is."""

    tags: set[UUID]
    collections: set[UUID]
    favorite: bool = False


class Place(msgspec.Struct):
    """A collection."""

    type: CollectionType
    parent: UUID | None
    favorite: bool = False


class Model:
    """One workspace."""

    def __init__(self) -> None:
        self.assets: dict[UUID, Thing] = {}
        self.tags: dict[UUID, str] = {}
        self.collections: dict[UUID, Place] = {}

    def asset(self, id: UUID) -> Thing:
        if id not in self.assets:
            raise AssetNotFound
        return self.assets[id]

    def expect_tags(self, *ids: UUID) -> None:
        if not set(ids) <= self.tags.keys():
            raise NotFound

    def expect_free(self, name: str, but: UUID | None = None) -> None:
        if _folded(name) in {_folded(other) for id, other in self.tags.items() if id != but}:
            raise Conflict

    def place(self, id: UUID, *types: CollectionType) -> Place:
        if id not in self.collections:
            raise NotFound
        if types and self.collections[id].type not in types:
            raise Invalid
        return self.collections[id]

    def ancestors(self, id: UUID) -> list[UUID]:
        """From the top."""
        parent = self.collections[id].parent
        return [] if parent is None else [*self.ancestors(parent), parent]

    def levels(self, id: UUID) -> int:
        below = [self.levels(child) for child, place in self.collections.items() if place.parent == id]
        return 1 + max(below, default=0)

    def members(self, id: UUID) -> set[UUID]:
        return {asset_id for asset_id, thing in self.assets.items() if id in thing.collections}

    def tagged(self, id: UUID) -> set[UUID]:
        return {asset_id for asset_id, thing in self.assets.items() if id in thing.tags}

    def expect_room(self, parent: UUID | None, moving: UUID | None = None) -> None:
        """Whether a new collection, or the moving one with all below it, can lie there."""
        if parent is None:
            return
        self.place(parent, CollectionType.MANUAL)
        above = [*self.ancestors(parent), parent]
        if moving in above or len(above) + (self.levels(moving) if moving else 1) > DEEPEST:
            raise Invalid

    def move(self, id: UUID, parent: UUID | None) -> None:
        place = self.place(id, CollectionType.MANUAL)
        self.expect_room(parent, id)
        place.parent = parent

    def replace(self, id: UUID, tags: set[UUID]) -> None:
        thing = self.asset(id)
        self.expect_tags(*tags)
        thing.tags = tags

    def assign(self, id: UUID, tag: UUID, *, there: bool) -> None:
        thing = self.asset(id)
        self.expect_tags(tag)
        (thing.tags.add if there else thing.tags.discard)(tag)

    def put(self, id: UUID, collection: UUID, *, there: bool) -> None:
        self.place(collection, CollectionType.MANUAL)
        members = self.asset(id).collections
        (members.add if there else members.discard)(collection)

    def delete_tag(self, id: UUID) -> None:
        self.expect_tags(id)
        del self.tags[id]
        for thing in self.assets.values():
            thing.tags.discard(id)

    def delete_collection(self, id: UUID) -> None:
        gone = self.place(id)
        del self.collections[id]
        for thing in self.assets.values():
            thing.collections.discard(id)
        for place in self.collections.values():
            if place.parent == id:
                place.parent = gone.parent


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).upper().lower()
