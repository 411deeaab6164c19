"""Who may read a file: its ACL, and signed links that override the ACL until they expire."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from mediatheque.errors import Forbidden, Invalid, NotFound
from mediatheque.model import Acl, AclEffect, File, FileDefaults, Principal
from mediatheque.records.accounts import workspaces as rows
from mediatheque.records.catalog import files, versions
from mediatheque.records.database import Database

MAX_LINK_SECONDS = 7 * 24 * 3600
"""The longest lifetime of a signed link: one week."""


class Signature(msgspec.Struct, frozen=True):
    """The signature of a link that is valid until `expires`, in seconds since 1970."""

    expires: int
    mac: str


class AccessControl:
    """Operations on access to files: check it, sign links, change ACLs and defaults."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def authorize(self, file: File, principal: Principal | None, signature: Signature | None) -> None:
        """Check that the caller may read the file.

        The file's own workspace may always read it, and so may the holder of a valid signed link. Otherwise the ACL
        decides. A file in the trash is hidden from everybody but its workspace. Raises `NotFound` when the file is
        hidden, and `Forbidden` when the ACL forbids reading.
        """
        decision = _decide(file, principal)
        if decision is AclEffect.ALLOW:
            return
        if signature and file.trashed_at is None and await self._is_valid(file, signature):
            return
        raise NotFound("File not found.") if decision is AclEffect.HIDE else Forbidden("This file may not be read.")

    async def sign(self, file: File, seconds: int) -> Signature:
        """Return a signature with which anyone can read the file for that many seconds.

        Raises `Invalid` when `seconds` is not from 1 to `MAX_LINK_SECONDS`.
        """
        if not 1 <= seconds <= MAX_LINK_SECONDS:
            raise Invalid(f"A link is good for 1 to {MAX_LINK_SECONDS} seconds.", param="seconds")
        expires = int(datetime.now(UTC).timestamp()) + seconds
        return Signature(expires, urlsafe_b64encode(await self._mac(file, expires)).decode().rstrip("="))

    async def set_acl(self, workspace_id: UUID, file_id: UUID, acl: Acl) -> list[UUID]:
        """Replace the ACL of the workspace's file, and return the ids of all files that have it now.

        All files of an asset have the same one, its older versions too. Raises `NotFound` when there is no such file.
        """
        async with self._database.transaction() as conn:
            ids = await versions.sibling_ids(conn, workspace_id, file_id)
            if not await files.set_acl(conn, workspace_id, ids, acl):
                raise NotFound("File not found.")
        return ids

    async def defaults(self, workspace_id: UUID) -> FileDefaults:
        """Return the lifetime and ACL that new files get when the request does not set them."""
        async with self._database.connection() as conn:
            return await rows.file_defaults(conn, workspace_id)

    async def set_defaults(self, workspace_id: UUID, defaults: FileDefaults) -> None:
        """Set the lifetime and ACL of new files. Existing files do not change."""
        async with self._database.transaction() as conn:
            await rows.set_file_defaults(conn, workspace_id, defaults)

    async def _is_valid(self, file: File, signature: Signature) -> bool:
        try:
            mac = urlsafe_b64decode(signature.mac + "=" * (-len(signature.mac) % 4))
        except ValueError:
            return False
        matches = hmac.compare_digest(mac, await self._mac(file, signature.expires))
        return matches and datetime.now(UTC).timestamp() < signature.expires

    async def _mac(self, file: File, expires: int) -> bytes:
        async with self._database.connection() as conn:
            secret = await rows.signing_secret(conn, file.workspace_id)
        return hmac.digest(secret, f"{file.id.hex}.{expires}".encode(), "sha256")


def is_public(file: File) -> bool:
    """Return whether the file can be read without a key."""
    if file.trashed_at is not None:
        return False
    return file.acl is None or (file.acl.default_effect is AclEffect.ALLOW and not file.acl.entries)


def _decide(file: File, principal: Principal | None) -> AclEffect:
    if principal and principal.workspace_id == file.workspace_id:
        return AclEffect.ALLOW
    if file.trashed_at is not None:
        return AclEffect.HIDE
    if file.acl is None:
        return AclEffect.ALLOW
    effects = {entry.workspace: entry.effect for entry in file.acl.entries}
    names = (principal.workspace, *principal.former_names) if principal else ()
    return next((effects[name] for name in names if name in effects), file.acl.default_effect)
