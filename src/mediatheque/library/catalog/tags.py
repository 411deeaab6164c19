"""The verbs of tags."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from mediatheque.errors import Conflict, Invalid, NotFound
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import Tag
from mediatheque.records.catalog import tags as rows
from mediatheque.records.database import Connection, Database

MAX_NAME = 50
MAX_TAGS = 10_000


class Tags:
    """Making, listing, renaming and deleting tags. Their names are unique in a workspace, whatever their case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, workspace_id: UUID, name: str, claim: Claim | None = None) -> Tag:
        """A new tag. `Invalid` for a bad name, `Conflict` for one that is taken, or beyond `MAX_TAGS`."""
        _check_name(name)
        async with self._database.transaction() as conn:
            await rows.lock_names(conn, workspace_id)
            tag = await rows.insert(conn, id=uuid4(), workspace_id=workspace_id, name=name)
            if tag is None:
                raise _taken(name)
            if await rows.count(conn, workspace_id) > MAX_TAGS:
                raise Conflict(f"There are {MAX_TAGS} tags already, and no more can be made.")
            await store_reply(conn, claim, tag)
        return tag

    async def list(self, workspace_id: UUID) -> list[Tag]:
        """All tags of the workspace, by name whatever its case."""
        async with self._database.connection() as conn:
            return await rows.list_all(conn, workspace_id)

    async def rename(self, workspace_id: UUID, id: UUID, name: str | None, claim: Claim | None = None) -> Tag:
        """The tag under its new name, or with None as it is. `Invalid`, `Conflict` as for a new one; `NotFound`."""
        if name is not None:
            _check_name(name)
        async with self._database.transaction() as conn:
            await rows.lock_names(conn, workspace_id)
            (tag,) = await require(conn, workspace_id, (id,), param="tag_id")
            if name is not None:
                renamed = await rows.rename(conn, workspace_id, id, name)
                if renamed is None:
                    raise _taken(name)
                tag = renamed
            await store_reply(conn, claim, tag)
        return tag

    async def delete(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> None:
        """Remove the tag, also from the assets that have it. `NotFound`, the second time too."""
        async with self._database.transaction() as conn:
            if not await rows.delete(conn, workspace_id, id):
                raise _unknown(id, "tag_id")
            await store_reply(conn, claim, None)


async def require(conn: Connection, workspace_id: UUID, ids: Iterable[UUID], *, param: str) -> list[Tag]:
    """The workspace's tags of those ids, by name; they stay until the caller's transaction ends.

    `NotFound`, naming the field `param`, if it lacks one of them.
    """
    wanted = set(ids)
    found = await rows.lock_by_ids(conn, workspace_id, list(wanted)) if wanted else []
    missing = wanted - {tag.id for tag in found}
    if missing:
        raise _unknown(min(missing), param)
    return found


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME or name.isspace() or "\0" in name:
        raise Invalid(f"A tag's name has 1 to {MAX_NAME} characters, not all of them blank, no NUL.", param="name")


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a tag named {name!r} already.", param="name")


def _unknown(id: UUID, param: str) -> NotFound:
    return NotFound(f"Tag {id} not found.", param=param)
