"""Assets in collections."""

from typing import Annotated, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import post
from mediatheque.errors import NotFound
from mediatheque.http.context import AppRequest
from mediatheque.library.idempotency import Claim
from mediatheque.model import MemberChange, Scope

_Ids = Annotated[tuple[UUID, ...], msgspec.Meta(max_length=1000)]


class ChangeMembers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ids of assets to add and to remove. What is in both is added."""

    add: _Ids = ()
    remove: _Ids = ()


class MemberChangeShape(msgspec.Struct, frozen=True):
    """What was done: how many assets were added and removed, and the ids of those that do not exist."""

    added: int
    removed: int
    not_found: list[UUID]

    @classmethod
    def of(cls, change: MemberChange, _: str) -> Self:
        """Build the object."""
        return cls(change.added, change.removed, list(change.not_found))


@post(
    "/api/collections/{id}/members",
    scope=Scope.COLLECTIONS_WRITE,
    not_found=NotFound,
    example={"add": ["0193a5c8-7f4e-7c3a-9a54-5b8f2f6f1d10"]},
)
async def change_members(request: AppRequest, id: UUID, body: ChangeMembers, claim: Claim | None) -> MemberChangeShape:
    """Add assets to a manual collection or a character, and remove others.

    All at once, or nothing. What is a member already, or none, is no error; assets that do not exist are left out.
    """
    members = request.library.collections.members
    change = await members.change(request.workspace_id, id, body.add, body.remove, claim)
    return MemberChangeShape.of(change, request.public_url)


ROUTES = (change_members,)
