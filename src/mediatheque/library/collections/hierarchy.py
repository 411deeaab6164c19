"""The tree of manual collections."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from mediatheque.errors import Invalid, InvariantError, NotFound
from mediatheque.library.collections.base import MAX_COUNT
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import Branch, Collection, CollectionType, Hierarchy, TreeNode
from mediatheque.records.catalog import folders
from mediatheque.records.collections import collections
from mediatheque.records.collections import hierarchy as rows
from mediatheque.records.database import Connection, Database

MAX_DEPTH = 5
"""The number of levels in the tree, with the top level."""
_PARENT = "parent_id"


class CollectionTree:
    """Operations on the tree of collections: show it, and move collections in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hierarchy(self, workspace_id: UUID, id: UUID) -> Hierarchy:
        """Return what is above and below the collection. Raises `NotFound`."""
        async with self._database.connection() as conn:
            nodes = await _require_subtree(conn, workspace_id, id, "collection_id")
        children: dict[UUID | None, list[TreeNode]] = defaultdict(list)
        for node in nodes:
            children[node.parent_id].append(node)
        focus = next(node for node in nodes if node.level == 0)
        return Hierarchy(_branch(focus, children), tuple(node for node in nodes if node.level < 0))

    async def move(
        self, workspace_id: UUID, id: UUID, parent_id: UUID | None, claim: Claim | None = None
    ) -> Collection:
        """Move the collection, with everything below it, into another one; with `parent_id` None, to the top.

        Raises `Invalid` when the collection cannot be moved or the parent cannot contain it, and `NotFound` when one
        of them does not exist.
        """
        async with self._database.transaction() as conn:
            await folders.lock_tree(conn, workspace_id)
            nodes = await _require_subtree(conn, workspace_id, id, "collection_id")
            _require_manual(next(node.type for node in nodes if node.level == 0), "moved")
            if parent_id is not None:
                await _check_subtree_depth(conn, workspace_id, [node for node in nodes if node.level >= 0], parent_id)
            await collections.update(conn, workspace_id, id, {"parent_id": parent_id})
            moved = await collections.find(conn, workspace_id, id, (CollectionType.MANUAL,), max_count=MAX_COUNT)
            if moved is None:
                raise InvariantError("a collection cannot be deleted while the tree is locked")
            await store_reply(conn, claim, moved)
        return moved


async def check_depth(conn: Connection, workspace_id: UUID, collection_type: CollectionType, parent_id: UUID) -> None:
    """Lock the tree until the transaction ends, and check that a new collection can be created in the parent.

    Raises `Invalid` when it cannot, and `NotFound` when the parent does not exist.
    """
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
    nodes = await rows.subtree_with_ancestors(conn, workspace_id, id)
    if not nodes:
        raise NotFound(f"Collection {id} not found.", param=param)
    return nodes


def _require_manual(collection_type: CollectionType, done: str) -> None:
    if collection_type is not CollectionType.MANUAL:
        raise Invalid(f"Only a manual collection can be {done}; this is a {collection_type.value} one.", param=_PARENT)


def _branch(node: TreeNode, children: Mapping[UUID | None, Sequence[TreeNode]]) -> Branch:
    return Branch(node, tuple(_branch(child, children) for child in children.get(node.id, ())))
