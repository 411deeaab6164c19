"""The tree of manual collections."""

from uuid import UUID

import msgspec

from mediatheque.dialects.native.collections.shapes import CollectionShape, TreeShape
from mediatheque.dialects.native.endpoint import get, post
from mediatheque.errors import NotFound
from mediatheque.http.context import AppRequest
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope


class NewParent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The collection to move into; null is the top of the tree."""

    parent_id: UUID | None


@get("/api/collections/{id}/tree", scope=Scope.COLLECTIONS_READ, not_found=NotFound)
async def get_tree(request: AppRequest, id: UUID) -> TreeShape:
    """Get what is above and below a collection."""
    return TreeShape.of(await request.library.collections.tree.hierarchy(request.workspace_id, id))


@post("/api/collections/{id}/move", scope=Scope.COLLECTIONS_WRITE, not_found=NotFound, example={"parent_id": None})
async def move_collection(request: AppRequest, id: UUID, body: NewParent, claim: Claim | None) -> CollectionShape:
    """Move a manual collection, with everything below it, into another one or to the top.

    The tree has at most five levels.
    """
    moved = await request.library.collections.tree.move(request.workspace_id, id, body.parent_id, claim)
    return CollectionShape.of(moved, request.public_url)


ROUTES = (get_tree, move_collection)
