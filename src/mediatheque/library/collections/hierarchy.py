"""The verbs of the tree that manual collections make."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from mediatheque.errors import Invalid, NotFound
from mediatheque.library.collections.base import MAX_COUNT
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import Branch, Collection, CollectionType, Hierarchy, TreeNode
from mediatheque.records.catalog import folders
from mediatheque.records.collections import collections
from mediatheque.records.collections import hierarchy as rows
from mediatheque.records.database import Connection, Database

MAX_DEPTH = 5
"""How many levels the tree has, the top one counted."""
_PARENT = "parent_id"


class CollectionTree:
    """Showing the tree, and moving in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hierarchy(self, workspace_id: UUID, id: UUID) -> Hierarchy:
        """What is above and below the workspace's collection. `NotFound`."""
        async with self._database.connection() as conn:
            family = await _require_subtree(conn, workspace_id, id, "collection_id")
        children: dict[UUID | None, list[TreeNode]] = defaultdict(list)
        for node in family:
            children[node.parent_id].append(node)
        itself = next(node for node in family if node.level == 0)
        return Hierarchy(_branch(itself, children), tuple(node for node in family if node.level < 0))

    async def move(
        self, workspace_id: UUID, id: UUID, parent_id: UUID | None, claim: Claim | None = None
    ) -> Collection:
        """The collection, with all below it, in another one; for None, at the top.

        `Invalid` for what cannot be moved, or not there; `NotFound` for either.
        """
        async with self._database.transaction() as conn:
            await folders.lock_tree(conn, workspace_id)
            family = await _require_subtree(conn, workspace_id, id, "collection_id")
            _require_manual(next(node.type for node in family if node.level == 0), "moved")
            if parent_id is not None:
                await _check_subtree_depth(conn, workspace_id, [node for node in family if node.level >= 0], parent_id)
            await collections.update(conn, workspace_id, id, {"parent_id": parent_id})
            moved = await collections.find(conn, workspace_id, id, (CollectionType.MANUAL,), most=MAX_COUNT)
            if moved is None:
                raise LookupError("the tree is held")
            await store_reply(conn, claim, moved)
        return moved


async def check_depth(conn: Connection, workspace_id: UUID, collection_type: CollectionType, parent_id: UUID) -> None:
    """Hold the tree until the caller's transaction ends. `Invalid` unless a new one can lie there, `NotFound`."""
    _require_manual(collection_type, "put into another")
    await folders.lock_tree(conn, workspace_id)
    await _check_subtree_depth(conn, workspace_id, [], parent_id)


async def _check_subtree_depth(
    conn: Connection, workspace_id: UUID, moving: Sequence[TreeNode], parent_id: UUID
) -> None:
    above = [node for node in await _require_subtree(conn, workspace_id, parent_id, _PARENT) if node.level <= 0]
    if above[-1].type is not CollectionType.MANUAL:
        raise Invalid("Only a manual collection can hold others.", param=_PARENT)
    if parent_id in {node.id for node in moving}:
        raise Invalid("A collection cannot lie in itself, or in one that lies in it.", param=_PARENT)
    levels = max((node.level + 1 for node in moving), default=1)
    if len(above) + levels > MAX_DEPTH:
        raise Invalid(f"Collections are nested {MAX_DEPTH} levels deep at most.", param=_PARENT)


async def _require_subtree(conn: Connection, workspace_id: UUID, id: UUID, param: str) -> list[TreeNode]:
    family = await rows.subtree_with_ancestors(conn, workspace_id, id)
    if not family:
        raise NotFound(f"Collection {id} not found.", param=param)
    return family


def _require_manual(collection_type: CollectionType, done: str) -> None:
    if collection_type is not CollectionType.MANUAL:
        raise Invalid(f"Only a manual collection can be {done}; this is a {collection_type.value} one.", param=_PARENT)


def _branch(node: TreeNode, children: Mapping[UUID | None, Sequence[TreeNode]]) -> Branch:
    return Branch(node, tuple(_branch(child, children) for child in children.get(node.id, ())))
