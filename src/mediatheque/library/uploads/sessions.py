"""Upload sessions: created with an API key, used later with the session's own token."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from mediatheque.errors import NotFound
from mediatheque.library.accounts.quotas import Quotas
from mediatheque.model import FileDefaults, Principal, Upload, UploadMethod
from mediatheque.records.database import Connection, Database
from mediatheque.records.uploads import uploads as rows

LIFETIME = timedelta(hours=1)
"""How long the bytes of an upload in one request may take to arrive."""


class UploadSession(msgspec.Struct, frozen=True):
    """An upload and the token that authorizes it. The token is returned once and stored only as a hash."""

    upload: Upload
    token: str


class UploadSessions:
    """Creating and authorizing upload sessions."""

    def __init__(self, database: Database, quotas: Quotas) -> None:
        self._database = database
        self._quotas = quotas

    async def create(
        self, principal: Principal, name: str, declared_type: str | None, defaults: FileDefaults | None = None
    ) -> UploadSession:
        """Create an upload whose bytes may arrive within an hour.

        The file's id is chosen now, so that its URL is known before its bytes arrive. Raises `QuotaExceeded` when the
        workspace has no room for any.
        """
        await self._quotas.check(principal.workspace_id)
        session = new_session(principal, name, declared_type, defaults or FileDefaults())
        async with self._database.transaction() as conn:
            await insert_sessions(conn, [session])
        return session

    async def authorize_token(self, id: UUID, token: str, method: UploadMethod) -> Upload:
        """Return the upload that the token belongs to.

        Raises the same `NotFound` when the upload is unknown, expired, created with a key that was revoked since, of
        another method, or has another token.
        """
        async with self._database.connection() as conn:
            found = await rows.find_live(conn, id)
        matches = hmac.compare_digest(_hash(token), found[1] if found else bytes(32))
        if found is None or not matches or found[0].method is not method:
            raise NotFound("Upload not found or expired.")
        return found[0]

    async def find(self, workspace_id: UUID, id: UUID, method: UploadMethod) -> Upload:
        """Return the workspace's live upload, for a caller with an API key instead of the token. Raises `NotFound`."""
        async with self._database.connection() as conn:
            found = await rows.find_live(conn, id, workspace_id)
        if found is None or found[0].method is not method:
            raise NotFound("Upload not found or expired.")
        return found[0]


def new_session(
    principal: Principal,
    name: str,
    declared_type: str | None,
    defaults: FileDefaults,
    *,
    method: UploadMethod = UploadMethod.SINGLE,
    lifetime: timedelta = LIFETIME,
    storage_key: str | None = None,
) -> UploadSession:
    """Make a session that is not stored yet."""
    upload = Upload(
        id=uuid4(),
        workspace_id=principal.workspace_id,
        key_id=principal.key_id,
        file_id=uuid4(),
        name=name,
        declared_type=declared_type,
        expires_at=datetime.now(UTC) + lifetime,
        method=method,
        storage_key=storage_key,
        defaults=defaults,
    )
    return UploadSession(upload, secrets.token_urlsafe(32))


async def insert_sessions(conn: Connection, sessions: Sequence[UploadSession]) -> None:
    """Store the sessions, of their tokens only the hashes."""
    for session in sessions:
        await rows.insert(conn, session.upload, _hash(session.token))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
