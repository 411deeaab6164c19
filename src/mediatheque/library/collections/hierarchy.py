"""The verbs of the tree that manual collections make."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from mediatheque.errors import Invalid, NotFound
from mediatheque.library.collections.base import MOST_COUNTED
from mediatheque.library.idempotency import Receipt, conclude
from mediatheque.model import Collection, CollectionType
from mediatheque.records.catalog import folders
from mediatheque.records.collections import collections
from mediatheque.records.collections import hierarchy as rows
from mediatheque.records.collections.hierarchy import Kin
from mediatheque.records.database import Connection, Database

DEEPEST = 5
"""How many levels the tree has, the top one counted."""
_PARENT = "parent_collection_id"

__all__ = ["DEEPEST", "Branch", "Hierarchy", "Kin", "Nesting", "expect_room"]


class Branch(msgspec.Struct, frozen=True):
    """A collection and those in it."""

    kin: Kin
    children: tuple["Branch", ...] = ()


class Hierarchy(msgspec.Struct, frozen=True):
    """A collection with all below it, and those it lies in, from the top."""

    branch: Branch
    ancestors: tuple[Kin, ...]


class Nesting:
    """Showing the tree, and moving in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hierarchy(self, workspace_id: UUID, id: UUID) -> Hierarchy:
        """What is above and below the workspace's collection. `NotFound`."""
        async with self._database.connection() as conn:
            family = await _family(conn, workspace_id, id, "collection_id")
        children: dict[UUID | None, list[Kin]] = defaultdict(list)
        for kin in family:
            children[kin.parent_id].append(kin)
        itself = next(kin for kin in family if kin.level == 0)
        return Hierarchy(_branch(itself, children), tuple(kin for kin in family if kin.level < 0))

    async def move(
        self, workspace_id: UUID, id: UUID, parent_id: UUID | None, receipt: Receipt | None = None
    ) -> Collection:
        """The collection, with all below it, in another one; for None, at the top.

        `Invalid` for what cannot be moved, or not there; `NotFound` for either.
        """
        async with self._database.transaction() as conn:
            await folders.hold_tree(conn, workspace_id)
            family = await _family(conn, workspace_id, id, "collection_id")
            _expect_manual(next(kin.type for kin in family if kin.level == 0), "moved")
            if parent_id is not None:
                await _expect_fit(conn, workspace_id, [kin for kin in family if kin.level >= 0], parent_id)
            await collections.update(conn, workspace_id, id, {"parent_id": parent_id})
            moved = await collections.find(conn, workspace_id, id, (CollectionType.MANUAL,), most=MOST_COUNTED)
            if moved is None:
                raise LookupError("the tree is held")
            await conclude(conn, receipt, moved)
        return moved


async def expect_room(conn: Connection, workspace_id: UUID, collection_type: CollectionType, parent_id: UUID) -> None:
    """Hold the tree until the caller's transaction ends. `Invalid` unless a new one can lie there, `NotFound`."""
    _expect_manual(collection_type, "put into another")
    await folders.hold_tree(conn, workspace_id)
    await _expect_fit(conn, workspace_id, [], parent_id)


async def _expect_fit(conn: Connection, workspace_id: UUID, moving: Sequence[Kin], parent_id: UUID) -> None:
    above = [kin for kin in await _family(conn, workspace_id, parent_id, _PARENT) if kin.level <= 0]
    if above[-1].type is not CollectionType.MANUAL:
        raise Invalid("Only a manual collection can hold others.", param=_PARENT)
    if parent_id in {kin.id for kin in moving}:
        raise Invalid("A collection cannot lie in itself, or in one that lies in it.", param=_PARENT)
    levels = max((kin.level + 1 for kin in moving), default=1)
    if len(above) + levels > DEEPEST:
        raise Invalid(f"Collections are nested {DEEPEST} levels deep at most.", param=_PARENT)


async def _family(conn: Connection, workspace_id: UUID, id: UUID, param: str) -> list[Kin]:
    family = await rows.family(conn, workspace_id, id)
    if not family:
        raise NotFound(f"Collection {id} not found.", param=param)
    return family


def _expect_manual(collection_type: CollectionType, done: str) -> None:
    if collection_type is not CollectionType.MANUAL:
        raise Invalid(f"Only a manual collection can be {done}; this is a {collection_type.value} one.", param=_PARENT)


def _branch(kin: Kin, children: Mapping[UUID | None, Sequence[Kin]]) -> Branch:
    return Branch(kin, tuple(_branch(child, children) for child in children.get(kin.id, ())))
