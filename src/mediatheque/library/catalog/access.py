"""Who may read a file: its access, and links that overrule it for a while."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from mediatheque.errors import Forbidden, Invalid, NotFound
from mediatheque.model import Access, Caller, Decision, File, Keeping
from mediatheque.records import access as rows
from mediatheque.records.catalog import files
from mediatheque.records.database import Database

LONGEST_LINK = 7 * 24 * 3600
"""Seconds that a signed link may be good for."""


class Signature(msgspec.Struct, frozen=True):
    """What makes a link good until `expires`, in seconds since 1970."""

    expires: int
    mac: str


class Grants:
    """Deciding who may read, and changing it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, file: File, caller: Caller | None, signature: Signature | None) -> None:
        """Return if the file may be read. `NotFound` for one that hides, as if there were none; `Forbidden`.

        Its own workspace always may, and so may whoever has a link that was signed for it and is still good.
        """
        decision = _decide(file, caller)
        if decision is Decision.ALLOW or (signature and await self._is_good(file, signature)):
            return
        raise NotFound("File not found.") if decision is Decision.HIDE else Forbidden("This file may not be read.")

    async def sign(self, file: File, seconds: int) -> Signature:
        """A signature that lets anybody read the file for so many seconds, a week at most."""
        if not 1 <= seconds <= LONGEST_LINK:
            raise Invalid(f"A link is good for 1 to {LONGEST_LINK} seconds.", param="expiration_seconds")
        expires = int(datetime.now(UTC).timestamp()) + seconds
        return Signature(expires, urlsafe_b64encode(await self._mac(file, expires)).decode().rstrip("="))

    async def change(self, workspace_id: UUID, file_id: UUID, access: Access) -> None:
        """Give the workspace's file another access. `NotFound`."""
        async with self._database.connection() as conn:
            if not await files.set_access(conn, workspace_id, file_id, access):
                raise NotFound("File not found.")

    async def keeping(self, workspace_id: UUID) -> Keeping:
        """How the workspace wants new files of doors that leave it to us to be kept."""
        async with self._database.connection() as conn:
            return await rows.keeping(conn, workspace_id)

    async def set_keeping(self, workspace_id: UUID, keeping: Keeping) -> None:
        """Have new files kept so; those that are there stay as they are."""
        async with self._database.connection() as conn:
            await rows.set_keeping(conn, workspace_id, keeping)

    async def _is_good(self, file: File, signature: Signature) -> bool:
        try:
            mac = urlsafe_b64decode(signature.mac + "=" * (-len(signature.mac) % 4))
        except ValueError:
            return False
        good = hmac.compare_digest(mac, await self._mac(file, signature.expires))
        return good and datetime.now(UTC).timestamp() < signature.expires

    async def _mac(self, file: File, expires: int) -> bytes:
        async with self._database.connection() as conn:
            secret = await rows.signing_secret(conn, file.workspace_id)
        return hmac.digest(secret, f"{file.id.hex}.{expires}".encode(), "sha256")


def is_public(file: File) -> bool:
    """Whether everybody may read the file, whoever they are."""
    return file.access is None or (file.access.default is Decision.ALLOW and not file.access.rules)


def _decide(file: File, caller: Caller | None) -> Decision:
    if file.access is None or (caller and caller.workspace_id == file.workspace_id):
        return Decision.ALLOW
    told = {rule.user: rule.decision for rule in file.access.rules}
    return told.get(caller.workspace, file.access.default) if caller else file.access.default
