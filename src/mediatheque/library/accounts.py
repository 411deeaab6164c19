"""Workspaces, API keys and upload tokens.

A key reads `mtq_<id, 32 hex>_<secret>`. The secret holds 256 random bits, so one round of SHA-256 protects it as well
as a slow hash would. An upload token `mtp_...` is short-lived and stands for its key: it is an HMAC under the key's
hash, so it ends with the key. A reader of the table of keys could forge upload tokens, which are accepted at
`/files/upload` only.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import msgspec
from cachetools import TTLCache

from mediatheque.errors import KeyRefused, NotFound, StorageFull
from mediatheque.model import Key, Principal, Scope
from mediatheque.records import accounts as rows
from mediatheque.records.database import Connection, Database

# How long a process that has just used a key may still accept it after it was revoked.
_CACHE_SECONDS = 2.0
_RECORD_USE_EVERY = timedelta(minutes=1)
_UPLOAD_TOKEN_LIFETIME = timedelta(hours=1)
_KEY_PREFIX, _UPLOAD_TOKEN_PREFIX = "mtq_", "mtp_"


class UploadToken(msgspec.Struct, frozen=True):
    """A short-lived bearer token that stands for an API key."""

    token: str
    expires_at: datetime


class Accounts:
    """Creating, authenticating, listing and revoking API keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached_keys: TTLCache[UUID, Key] = TTLCache(maxsize=10_000, ttl=_CACHE_SECONDS)

    async def create_key(self, workspace: str, scopes: frozenset[Scope]) -> str:
        """Create a key of the workspace, which is created if it does not exist. The key is returned once."""
        async with self._database.transaction() as conn:
            workspace_id, _ = await rows.ensure_workspace(conn, uuid4(), workspace)
            return await _insert_key(conn, workspace_id, scopes)

    async def bootstrap(self, workspace: str) -> str | None:
        """Create the workspace and a key with every scope. Return None if the workspace exists already."""
        async with self._database.transaction() as conn:
            workspace_id, created = await rows.ensure_workspace(conn, uuid4(), workspace)
            return await _insert_key(conn, workspace_id, frozenset(Scope)) if created else None

    async def list_keys(self) -> list[Key]:
        """Return every key of every workspace, for the operator."""
        async with self._database.connection() as conn:
            return await rows.list_keys(conn)

    async def revoke(self, id: UUID) -> None:
        """Revoke the key, with effect within seconds. Raises `NotFound` when there is no live key of that id."""
        async with self._database.connection() as conn:
            if not await rows.revoke_key(conn, id):
                raise NotFound(f"No live key {id}.")

    async def authenticate(self, presented: str | None, *, upload_tokens: bool = False) -> Principal:
        """Return the principal of an API key, or of an upload token where allowed. Raises `KeyRefused`."""
        if presented and presented.startswith(_KEY_PREFIX):
            id, proof = _split_key(presented)
            key = await self._key(id)
            good = hmac.compare_digest(_hash(proof), key.secret_hash if key else bytes(32))
        elif upload_tokens and presented and presented.startswith(_UPLOAD_TOKEN_PREFIX):
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
        """Return an upload token that stands for the principal's key for an hour."""
        key = await self._key(principal.key_id)
        if key is None:
            raise KeyRefused
        expires_at = (datetime.now(UTC) + _UPLOAD_TOKEN_LIFETIME).replace(microsecond=0)
        expires = int(expires_at.timestamp())
        token = f"{key.id.hex}.{expires}.{urlsafe_b64encode(_mac(key.secret_hash, key.id, expires)).decode()}"
        return UploadToken(_UPLOAD_TOKEN_PREFIX + token, expires_at)

    async def _key(self, id: UUID) -> Key | None:
        key = self._cached_keys.get(id)
        if key is None:
            key = await self._database.repeat_after_outage(partial(self._find_key, id))
            if key:
                self._cached_keys[id] = key
        return key

    async def _record_use(self, key: Key) -> None:
        now = datetime.now(UTC)
        if key.last_used_at and now - key.last_used_at < _RECORD_USE_EVERY:
            return
        with suppress(StorageFull):  # a full disk must not keep clients from reading
            await self._database.repeat_after_outage(partial(self._touch_key, key.id))
        self._cached_keys[key.id] = msgspec.structs.replace(key, last_used_at=now)

    async def _find_key(self, id: UUID) -> Key | None:
        async with self._database.connection() as conn:
            return await rows.find_key(conn, id)

    async def _touch_key(self, id: UUID) -> None:
        async with self._database.connection() as conn:
            await rows.touch_key(conn, id)


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
        id, expires, mac = presented.removeprefix(_UPLOAD_TOKEN_PREFIX).split(".")
        return UUID(hex=id), int(expires), urlsafe_b64decode(mac)
    except ValueError:
        raise KeyRefused from None
