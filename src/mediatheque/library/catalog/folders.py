"""Folders. Lists do not show folders in the trash; trashing a folder deletes neither it nor its assets."""

from uuid import UUID

import uuid_utils.compat as uuids

from mediatheque.errors import FolderNotFound, Invalid
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import Cursor, Folder, FolderFilter
from mediatheque.records.catalog import folders as rows
from mediatheque.records.database import Connection, Database

_MAX_NAME = 255


class Folders:
    """Operations on folders: create, find, rename, trash and restore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, workspace_id: UUID, id: UUID) -> Folder:
        """Return the workspace's folder, in the trash or not. Raises `FolderNotFound` when there is no such folder."""
        async with self._database.connection() as conn:
            return await _require(conn, workspace_id, id)

    async def require(self, workspace_id: UUID, id: UUID) -> None:
        """Raise `FolderNotFound` unless the workspace has that folder outside the trash."""
        async with self._database.connection() as conn:
            await lock_for_share(conn, workspace_id, id)

    async def page(
        self, workspace_id: UUID, wanted: FolderFilter, after: Cursor | None, limit: int
    ) -> tuple[list[Folder], bool]:
        """Return at most `limit` folders after the cursor, newest first, and whether there are more."""
        async with self._database.connection() as conn:
            found = await rows.page(conn, workspace_id, wanted, after, limit + 1)
        return found[:limit], len(found) > limit

    async def count(self, workspace_id: UUID, wanted: FolderFilter) -> int:
        """Count the folders that match the filter."""
        async with self._database.connection() as conn:
            return await rows.count(conn, workspace_id, wanted)

    async def create(
        self,
        workspace_id: UUID,
        name: str,
        project_type: str,
        parent_id: UUID | None,
        claim: Claim | None = None,
    ) -> Folder:
        """Create a folder.

        Raises `Invalid` when the name is not valid, and `FolderNotFound` when the parent does not exist or is in the
        trash.
        """
        _check_name(name)
        id = uuids.uuid7()
        async with self._database.transaction() as conn:
            await rows.lock_tree(conn, workspace_id)
            if parent_id is not None:
                await lock_for_share(conn, workspace_id, parent_id)
            await rows.insert(
                conn, id=id, workspace_id=workspace_id, name=name, project_type=project_type, parent_id=parent_id
            )
            return await _reply(conn, workspace_id, id, claim)

    async def rename(self, workspace_id: UUID, id: UUID, name: str, claim: Claim | None = None) -> Folder:
        """Rename the folder, and return it. Raises `Invalid` when the name is not valid, and `FolderNotFound`."""
        _check_name(name)
        async with self._database.transaction() as conn:
            await rows.rename(conn, workspace_id, id, name)
            return await _reply(conn, workspace_id, id, claim)

    async def trash(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> Folder:
        """Move the folder and its subfolders to the trash, unless it is there. Raises `FolderNotFound`."""
        async with self._database.transaction() as conn:
            await rows.lock_tree(conn, workspace_id)
            await rows.trash(conn, workspace_id, id)
            return await _reply(conn, workspace_id, id, claim)

    async def restore(self, workspace_id: UUID, id: UUID, claim: Claim | None = None) -> Folder:
        """Restore the folder and the subfolders that were trashed with it. Raises `FolderNotFound`.

        It returns to its parent, or to the root if the parent is in the trash. A folder that is not in the trash does
        not change.
        """
        async with self._database.transaction() as conn:
            await rows.lock_tree(conn, workspace_id)
            await rows.restore(conn, workspace_id, id)
            return await _reply(conn, workspace_id, id, claim)


async def lock_for_share(conn: Connection, workspace_id: UUID, id: UUID) -> None:
    """Lock the folder against deletion until the transaction ends.

    Raises `FolderNotFound` when it does not exist or is in the trash.
    """
    if not await rows.lock_for_share(conn, workspace_id, id):
        raise FolderNotFound


async def _require(conn: Connection, workspace_id: UUID, id: UUID) -> Folder:
    folder = await rows.find(conn, workspace_id, id)
    if folder is None:
        raise FolderNotFound
    return folder


async def _reply(conn: Connection, workspace_id: UUID, id: UUID, claim: Claim | None) -> Folder:
    folder = await _require(conn, workspace_id, id)
    await store_reply(conn, claim, folder)
    return folder


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= _MAX_NAME or "\0" in name:
        raise Invalid(f"A folder's name has 1 to {_MAX_NAME} characters, and no NUL.", param="name")
