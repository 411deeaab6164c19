"""Workspaces and keys: who is asking, and what they may do.

A key reads `mtq_<id, 32 hex>_<secret>`. The secret holds 256 random bits, so one round of SHA-256 keeps it as safe
as a slow hash would. A pass is short-lived and stands for its key: an HMAC under the key's own hash, so it dies with
the key. Whoever can read the table of keys could make passes; they open `/files/upload` and nothing else.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from cachetools import TTLCache

from mediatheque.errors import KeyRefused, NotFound, StorageFull
from mediatheque.model import Key, Principal, Scope
from mediatheque.records import accounts as rows
from mediatheque.records.database import Connection, Database

# How long a revoked key may still be believed by a process that has just used it.
_CACHE_SECONDS = 2.0
_RECORD_USE_EVERY = timedelta(minutes=1)
_UPLOAD_TOKEN_LIFETIME = timedelta(hours=1)
_KEY_PREFIX, _PASS_PREFIX = "mtq_", "mtp_"


class UploadToken(msgspec.Struct, frozen=True):
    """A short-lived bearer token."""

    token: str
    expires_at: datetime


class Accounts:
    """Making, checking, listing and revoking keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._recent: TTLCache[UUID, Key] = TTLCache(maxsize=10_000, ttl=_CACHE_SECONDS)

    async def create_key(self, workspace: str, scopes: frozenset[Scope]) -> str:
        """A new key of the workspace, which is made if need be. It is shown now and never again."""
        async with self._database.transaction() as conn:
            workspace_id, _ = await rows.ensure_workspace(conn, uuid4(), workspace)
            return await _insert_key(conn, workspace_id, scopes)

    async def bootstrap(self, workspace: str) -> str | None:
        """Make the workspace and its first key, with every scope; None if the workspace is there already."""
        async with self._database.transaction() as conn:
            workspace_id, created = await rows.ensure_workspace(conn, uuid4(), workspace)
            return await _insert_key(conn, workspace_id, frozenset(Scope)) if created else None

    async def list_keys(self) -> list[Key]:
        """Every key of every workspace, for the operator."""
        async with self._database.connection() as conn:
            return await rows.list_keys(conn)

    async def revoke(self, id: UUID) -> None:
        """End the key within seconds. `NotFound` if there is no live key of that id."""
        async with self._database.connection() as conn:
            if not await rows.revoke_key(conn, id):
                raise NotFound(f"No live key {id}.")

    async def authenticate(self, presented: str | None, *, upload_tokens: bool = False) -> Principal:
        """Whose key (or pass, where allowed) this is. `KeyRefused` for everything that is not a live key."""
        if presented and presented.startswith(_KEY_PREFIX):
            id, proof = _split_key(presented)
            key = await self._key(id)
            good = hmac.compare_digest(_hash(proof), key.secret_hash if key else bytes(32))
        elif upload_tokens and presented and presented.startswith(_PASS_PREFIX):
            id, expires, mac = _split_upload_token(presented)
            key = await self._key(id)
            good = hmac.compare_digest(_mac(key.secret_hash if key else bytes(32), id, expires), mac)
            good = good and datetime.now(UTC).timestamp() < expires
        else:
            raise KeyRefused
        if key is None or key.revoked_at or not good:
            raise KeyRefused
        await self._record_use(key)
        return Principal(workspace_id=key.workspace_id, workspace=key.workspace, key_id=key.id, scopes=key.scopes)

    async def issue_upload_token(self, principal: Principal) -> UploadToken:
        """A token that stands for the caller's key for an hour."""
        key = await self._key(principal.key_id)
        if key is None:
            raise KeyRefused
        expires_at = (datetime.now(UTC) + _UPLOAD_TOKEN_LIFETIME).replace(microsecond=0)
        expires = int(expires_at.timestamp())
        token = f"{key.id.hex}.{expires}.{urlsafe_b64encode(_mac(key.secret_hash, key.id, expires)).decode()}"
        return UploadToken(_PASS_PREFIX + token, expires_at)

    async def _key(self, id: UUID) -> Key | None:
        key = self._recent.get(id)
        if key is None:
            async with self._database.connection() as conn:
                key = await rows.find_key(conn, id)
            if key:
                self._recent[id] = key
        return key

    async def _record_use(self, key: Key) -> None:
        now = datetime.now(UTC)
        if key.last_used_at and now - key.last_used_at < _RECORD_USE_EVERY:
            return
        with suppress(StorageFull):  # which must not keep anybody from reading
            async with self._database.connection() as conn:
                await rows.touch_key(conn, key.id)
        self._recent[key.id] = msgspec.structs.replace(key, last_used_at=now)


async def _insert_key(conn: Connection, workspace_id: UUID, scopes: frozenset[Scope]) -> str:
    secret = secrets.token_urlsafe(32)
    id = uuid4()
    await rows.insert_key(conn, id=id, workspace_id=workspace_id, secret_hash=_hash(secret), scopes=scopes)
    return f"{_KEY_PREFIX}{id.hex}_{secret}"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _mac(secret_hash: bytes, id: UUID, expires: int) -> bytes:
    return hmac.digest(secret_hash, f"{id.hex}.{expires}".encode(), "sha256")


def _split_key(presented: str) -> tuple[UUID, str]:
    id, _, secret = presented.removeprefix(_KEY_PREFIX).partition("_")
    try:
        return UUID(hex=id), secret
    except ValueError:
        raise KeyRefused from None


def _split_upload_token(presented: str) -> tuple[UUID, int, bytes]:
    try:
        id, expires, mac = presented.removeprefix(_PASS_PREFIX).split(".")
        return UUID(hex=id), int(expires), urlsafe_b64decode(mac)
    except ValueError:
        raise KeyRefused from None
