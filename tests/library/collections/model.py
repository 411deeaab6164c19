"""A model of a workspace's tags, collections and favorites in plain Python.

Each method does what the library's operation does, or raises the same error.
"""

import unicodedata
from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound, Conflict, Invalid, NotFound
from mediatheque.model import CollectionType

MAX_DEPTH = 5


class ModelAsset(msgspec.Struct):
    """An asset with its tags and collections."""

    tags: set[UUID]
    collections: set[UUID]
    favorite: bool = False


class ModelCollection(msgspec.Struct):
    """A collection."""

    type: CollectionType
    parent: UUID | None
    favorite: bool = False


class WorkspaceModel:
    """One workspace."""

    def __init__(self) -> None:
        self.assets: dict[UUID, ModelAsset] = {}
        self.tags: dict[UUID, str] = {}
        self.collections: dict[UUID, ModelCollection] = {}

    def asset(self, id: UUID) -> ModelAsset:
        if id not in self.assets:
            raise AssetNotFound
        return self.assets[id]

    def require_tags(self, *ids: UUID) -> None:
        if not set(ids) <= self.tags.keys():
            raise NotFound

    def require_free_name(self, name: str, but: UUID | None = None) -> None:
        if _folded(name) in {_folded(other) for id, other in self.tags.items() if id != but}:
            raise Conflict

    def collection(self, id: UUID, *types: CollectionType) -> ModelCollection:
        if id not in self.collections:
            raise NotFound
        if types and self.collections[id].type not in types:
            raise Invalid
        return self.collections[id]

    def ancestors(self, id: UUID) -> list[UUID]:
        """Ordered from the top."""
        parent = self.collections[id].parent
        return [] if parent is None else [*self.ancestors(parent), parent]

    def levels(self, id: UUID) -> int:
        below = [self.levels(child) for child, collection in self.collections.items() if collection.parent == id]
        return 1 + max(below, default=0)

    def members(self, id: UUID) -> set[UUID]:
        return {asset_id for asset_id, asset in self.assets.items() if id in asset.collections}

    def tagged(self, id: UUID) -> set[UUID]:
        return {asset_id for asset_id, asset in self.assets.items() if id in asset.tags}

    def require_depth(self, parent: UUID | None, moving: UUID | None = None) -> None:
        """Raise `Invalid` unless the parent can contain a new collection, or the moving one with its subtree."""
        if parent is None:
            return
        self.collection(parent, CollectionType.MANUAL)
        above = [*self.ancestors(parent), parent]
        if moving in above or len(above) + (self.levels(moving) if moving else 1) > MAX_DEPTH:
            raise Invalid

    def move(self, id: UUID, parent: UUID | None) -> None:
        collection = self.collection(id, CollectionType.MANUAL)
        self.require_depth(parent, id)
        collection.parent = parent

    def replace(self, id: UUID, tags: set[UUID]) -> None:
        asset = self.asset(id)
        self.require_tags(*tags)
        asset.tags = tags

    def assign(self, id: UUID, tag: UUID, *, there: bool) -> None:
        asset = self.asset(id)
        self.require_tags(tag)
        (asset.tags.add if there else asset.tags.discard)(tag)

    def set_member(self, id: UUID, collection: UUID, *, there: bool) -> None:
        self.collection(collection, CollectionType.MANUAL)
        members = self.asset(id).collections
        (members.add if there else members.discard)(collection)

    def delete_tag(self, id: UUID) -> None:
        self.require_tags(id)
        del self.tags[id]
        for asset in self.assets.values():
            asset.tags.discard(id)

    def delete_collection(self, id: UUID) -> None:
        gone = self.collection(id)
        del self.collections[id]
        for asset in self.assets.values():
            asset.collections.discard(id)
        for collection in self.collections.values():
            if collection.parent == id:
                collection.parent = gone.parent


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).upper().lower()
