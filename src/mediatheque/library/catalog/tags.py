"""Tags of a workspace."""

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from mediatheque.errors import Conflict, Invalid, NotFound
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import CountedTag, Tag
from mediatheque.records.catalog import tag_lists
from mediatheque.records.catalog import tags as rows
from mediatheque.records.database import Connection, Database

MAX_NAME = 50
MAX_TAGS = 10_000
MAX_COUNT = 10_000
"""Assets of a tag are counted up to this number, from an index alone."""


class Tags:
    """Operations on tags: create, list, rename and delete. Names are unique in a workspace, ignoring case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, workspace_id: UUID, name: str, claim: Claim | None = None) -> Tag:
        """Create a tag.

        Raises `Invalid` when the name is not valid, and `Conflict` when it is taken or there are `MAX_TAGS` tags.
        """
        _check_name(name)
        async with self._database.transaction() as conn:
            await rows.lock_names(conn, workspace_id)
            tag = await rows.insert(conn, id=uuid4(), workspace_id=workspace_id, name=name)
            if tag is None:
                raise _name_taken(name)
            await _check_count(conn, workspace_id)
            await store_reply(conn, claim, tag)
        return tag

    async def list(self, workspace_id: UUID) -> list[Tag]:
        """Return all tags of the workspace, sorted by name, ignoring case."""
        async with self._database.connection() as conn:
            return await rows.list_all(conn, workspace_id)

    async def page(self, workspace_id: UUID, prefix: str, after: str, limit: int) -> tuple[Sequence[CountedTag], bool]:
        """Return at most `limit` tags after the name whose names begin with the prefix, and whether there are more."""
        async with self._database.connection() as conn:
            found = await tag_lists.page(conn, workspace_id, prefix, after, limit + 1, max_count=MAX_COUNT)
        return found[:limit], len(found) > limit

    async def get(self, workspace_id: UUID, id: UUID) -> CountedTag:
        """Return the tag with the number of its assets. Raises `NotFound`."""
        async with self._database.connection() as conn:
            found = await tag_lists.find(conn, workspace_id, id, max_count=MAX_COUNT)
        if found is None:
            raise _not_found(id, "tag_id")
        return found

    async def merge(self, workspace_id: UUID, id: UUID, into: UUID, claim: Claim | None = None) -> Tag:
        """Put the tag `into` on all assets that have the tag, delete the tag, and return `into`.

        Raises `NotFound` when one of them does not exist, and `Invalid` when they are one.
        """
        if id == into:
            raise Invalid("A tag cannot be merged into itself.", param="into")
        async with self._database.transaction() as conn:
            await rows.lock_names(conn, workspace_id)
            if not await tag_lists.lock_for_merge(conn, workspace_id, id):
                raise _not_found(id, "tag_id")
            (tag,) = await require(conn, workspace_id, (into,), param="into")
            await tag_lists.move_assets(conn, workspace_id, id, into)
            await rows.delete(conn, workspace_id, id)
            await store_reply(conn, claim, tag)
        return tag

    async def find_ids(self, workspace_id: UUID, names: Sequence[str]) -> Sequence[UUID | None]:
        """Return the ids of the tags of those names, ignoring case; None for a name that no tag has."""
        async with self._database.connection() as conn:
            return await rows.find_ids(conn, workspace_id, names)

    async def rename(self, workspace_id: UUID, id: UUID, name: str | None, claim: Claim | None = None) -> Tag:
        """Rename the tag, and return it. With `name` None it does not change.

        Raises `NotFound`, and `Invalid` and `Conflict` as `create` does.
        """
        if name is not None:
            _check_name(name)
        async with self._database.transaction() as conn:
            await rows.lock_names(conn, workspace_id)
            (tag,) = await require(conn, workspace_id, (id,), param="tag_id")
            if name is not None:
                renamed = await rows.rename(conn, workspace_id, id, name)
                if renamed is None:
                    raise _name_taken(name)
                tag = renamed
            await store_reply(conn, claim, tag)
        return tag

    async def delete(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> None:
        """Delete the tag, and remove it from its assets. Raises `NotFound` when it does not exist."""
        async with self._database.transaction() as conn:
            if not await rows.delete(conn, workspace_id, id):
                raise _not_found(id, "tag_id")
            await store_reply(conn, claim, None)


async def require(conn: Connection, workspace_id: UUID, ids: Iterable[UUID], *, param: str) -> list[Tag]:
    """Lock the tags against deletion until the transaction ends, and return them sorted by name.

    Raises `NotFound`, naming the field `param`, when the workspace does not have one of them.
    """
    wanted = set(ids)
    found = await rows.lock_by_ids(conn, workspace_id, list(wanted)) if wanted else []
    missing = wanted - {tag.id for tag in found}
    if missing:
        raise _not_found(min(missing), param)
    return found


async def ensure(conn: Connection, workspace_id: UUID, names: Iterable[str]) -> list[Tag]:
    """Return the tags of these names, ignoring case, locked against deletion; create those that do not exist.

    Names that are new stay locked until the transaction ends. Raises `Invalid` for a bad name, and `Conflict` when
    there are more than `MAX_TAGS` tags then.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        _check_name(name, param="tags")
    found, missing = await rows.lock_by_names(conn, workspace_id, wanted) if wanted else ([], [])
    if missing:
        await rows.lock_names(conn, workspace_id)
        for name in missing:
            await rows.insert(conn, id=uuid4(), workspace_id=workspace_id, name=name)
        await _check_count(conn, workspace_id)
        found, _ = await rows.lock_by_names(conn, workspace_id, wanted)
    return found


async def _check_count(conn: Connection, workspace_id: UUID) -> None:
    if await rows.count(conn, workspace_id) > MAX_TAGS:
        raise Conflict(f"There are {MAX_TAGS} tags already, and no more can be made.")


def _check_name(name: str, *, param: str = "name") -> None:
    if not 1 <= len(name) <= MAX_NAME or name.isspace() or "\0" in name:
        raise Invalid(f"A tag's name has 1 to {MAX_NAME} characters, not all of them blank, no NUL.", param=param)


def _name_taken(name: str) -> Conflict:
    return Conflict(f"There is a tag named {name!r} already.", param="name")


def _not_found(id: UUID, param: str) -> NotFound:
    return NotFound(f"Tag {id} not found.", param=param)
