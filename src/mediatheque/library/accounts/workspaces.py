"""The workspaces of this library, as a key with the scope `instance` and the operator manage them."""

import asyncio
import re
from uuid import UUID, uuid4

import msgspec

from mediatheque.errors import Conflict, Invalid, WorkspaceNotFound
from mediatheque.library.accounts.key_cache import CACHE_SECONDS
from mediatheque.library.accounts.keys import IssuedKey, NewKey, insert_key, without_secret
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.tasks import defer
from mediatheque.model import Cursor, Principal, Scope, Workspace
from mediatheque.records.accounts import workspaces as rows
from mediatheque.records.database import Connection, Database

NAMES = "1 to 100 letters, digits, '.', '_' or '-', and not start with '.' or '-'"
_NAME = re.compile(r"\w[\w.-]{0,99}")
_FIRST_KEY = NewKey("", frozenset({Scope.READ, Scope.WRITE, Scope.ADMIN}))
_CACHES_END_SECONDS = CACHE_SECONDS + 0.5
"""After this, no server process knows keys or files from before: it may have looked them up for half a second."""


class CreatedWorkspace(msgspec.Struct, frozen=True):
    """A new workspace and its first key."""

    workspace: Workspace
    first: IssuedKey


class Workspaces:
    """Operations on workspaces: create, list, rename, suspend, resume, delete."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, claim: Claim | None = None) -> CreatedWorkspace:
        """Create a workspace and a key of it that may do everything there.

        Raises `Invalid` for an impossible name, and `Conflict` for one that a workspace has or had.
        """
        _check_name(name)
        try:
            async with self._database.transaction() as conn:
                workspace = await rows.insert(conn, uuid4(), name)
                first = await insert_key(conn, workspace.id, _FIRST_KEY)
                await store_reply(conn, claim, CreatedWorkspace(workspace, without_secret(first)))
        except rows.NameTaken:
            raise _taken(name) from None
        return CreatedWorkspace(workspace, first)

    async def list(self, after: Cursor | None, limit: int) -> tuple[list[Workspace], bool]:
        """Return a page of the workspaces, newest first, and whether there are more."""
        async with self._database.connection() as conn:
            found = await rows.page(conn, after, limit + 1)
        return found[:limit], len(found) > limit

    async def get(self, id: UUID) -> Workspace:
        """Return the workspace; one that is deleted is there until its content is. Raises `WorkspaceNotFound`."""
        async with self._database.connection() as conn:
            found = await rows.find(conn, id)
        if found is None:
            raise WorkspaceNotFound
        return found

    async def find(self, name: str) -> Workspace:
        """Return the workspace that has the name now, for the operator. Raises `WorkspaceNotFound`."""
        async with self._database.connection() as conn:
            found = await rows.find_by_name(conn, name)
        if found is None:
            raise WorkspaceNotFound(f"There is no workspace {name!r}.")
        return found

    async def rename(self, id: UUID, name: str, claim: Claim | None = None) -> Workspace:
        """Give the workspace another name. It keeps the rights that ACLs give its former names.

        Raises `WorkspaceNotFound`, `Invalid` for an impossible name, and `Conflict` for one that another workspace has
        or had, or when the workspace is deleted.
        """
        _check_name(name)
        try:
            async with self._database.transaction() as conn:
                await _lock(conn, id)
                await rows.rename(conn, id, name)
                return await _changed(conn, id, claim)
        except rows.NameTaken:
            raise _taken(name) from None

    async def suspend(self, id: UUID, claim: Claim | None = None, *, caller: Principal | None = None) -> Workspace:
        """Refuse the workspace's keys and hide its files from everybody, within two seconds, until it is resumed.

        Raises `WorkspaceNotFound`, and `Conflict` when the workspace is deleted, or the caller's own.
        """
        _require_other(id, caller)
        return await self._set_suspended(id, claim, suspended=True)

    async def resume(self, id: UUID, claim: Claim | None = None) -> Workspace:
        """End the suspension. Raises what `suspend` does."""
        return await self._set_suspended(id, claim, suspended=False)

    async def delete(self, id: UUID, claim: Claim | None = None, *, caller: Principal | None = None) -> Workspace:
        """Delete the workspace with all its content: a task does that later; see `deletion.py`.

        When this returns, no server process finds anything of it: they keep keys and files for two seconds, for which
        it waits. To delete again is to ask how far it is. Raises `WorkspaceNotFound` when nothing is left, and
        `Conflict` when the workspace is the caller's own.
        """
        _require_other(id, caller)
        async with self._database.transaction() as conn:
            workspace = await rows.lock(conn, id)
            if workspace is None:
                raise WorkspaceNotFound
            if workspace.deleted_at is None:
                await rows.mark_deleted(conn, id)
                await defer(conn, "delete_workspace", workspace_id=id)
            workspace = await _changed(conn, id, claim)
            is_fresh = await rows.seconds_since_deleted(conn, id) < 4 * _CACHES_END_SECONDS
        if is_fresh:
            await asyncio.sleep(_CACHES_END_SECONDS)
        return workspace

    async def _set_suspended(self, id: UUID, claim: Claim | None, *, suspended: bool) -> Workspace:
        async with self._database.transaction() as conn:
            await _lock(conn, id)
            await rows.set_suspended(conn, id, suspended)
            return await _changed(conn, id, claim)


def is_name(text: str) -> bool:
    """Whether a workspace can have the name: see `NAMES`."""
    return _NAME.fullmatch(text) is not None


def _check_name(name: str) -> None:
    if not is_name(name):
        raise Invalid(f"name must be {NAMES}.", param="name")


def _require_other(id: UUID, caller: Principal | None) -> None:
    """Raise `Conflict` when the caller would end the key with which it manages the workspaces."""
    if caller is not None and caller.workspace_id == id:
        raise Conflict("This is the workspace of your API key. The operator can do this at the command line.")


async def _lock(conn: Connection, id: UUID) -> None:
    workspace = await rows.lock(conn, id)
    if workspace is None:
        raise WorkspaceNotFound
    if workspace.deleted_at:
        raise Conflict("The workspace is deleted.")


async def _changed(conn: Connection, id: UUID, claim: Claim | None) -> Workspace:
    """Return the workspace as the transaction leaves it, and store that as the reply."""
    workspace = await rows.find(conn, id)
    if workspace is None:
        raise WorkspaceNotFound
    await store_reply(conn, claim, workspace)
    return workspace


def _taken(name: str) -> Conflict:
    return Conflict(f"The name {name!r} is, or was, that of another workspace.", param="name")
