"""Upload tokens: short-lived bearer tokens that stand for an API key."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from mediatheque.errors import KeyRefused
from mediatheque.library.accounts.key_cache import KeyCache
from mediatheque.model import Key, Principal

_LIFETIME = timedelta(hours=1)


class UploadToken(msgspec.Struct, frozen=True):
    """A short-lived bearer token that stands for an API key."""

    token: str
    expires_at: datetime


class UploadTokens:
    """Operations on upload tokens: issue them, and find the key that one stands for."""

    PREFIX = "mtp_"

    def __init__(self, keys: KeyCache) -> None:
        self._keys = keys

    async def issue(self, principal: Principal) -> UploadToken:
        """Return an upload token that stands for the principal's key for an hour.

        Where the principal presented the secret that is being replaced, the token ends with that secret.
        """
        key, expires_at = await self._keys.find(principal.key_id), datetime.now(UTC) + _LIFETIME
        secret_hash = key.secret_hash if key else None
        if key and principal.has_previous_secret:
            secret_hash, expires_at = key.previous_hash, min(expires_at, key.previous_expires_at or expires_at)
        if key is None or secret_hash is None:
            raise KeyRefused
        expires_at = expires_at.replace(microsecond=0)
        expires = int(expires_at.timestamp())
        token = f"{key.id.hex}.{expires}.{urlsafe_b64encode(_mac(secret_hash, key.id, expires)).decode()}"
        return UploadToken(self.PREFIX + token, expires_at)

    async def find_key(self, presented: str) -> Key | None:
        """Return the key that the token stands for, None unless the token is valid. Raises `KeyRefused`."""
        id, expires, mac = _split(presented)
        key = await self._keys.find(id)
        now = datetime.now(UTC)
        hashes = key.hashes(now) if key else (bytes(32),)
        good = any(hmac.compare_digest(_mac(each, id, expires), mac) for each in hashes)
        return key if good and now.timestamp() < expires else None


def _mac(secret_hash: bytes, id: UUID, expires: int) -> bytes:
    return hmac.digest(secret_hash, f"{id.hex}.{expires}".encode(), "sha256")


def _split(presented: str) -> tuple[UUID, int, bytes]:
    try:
        id, expires, mac = presented.removeprefix(UploadTokens.PREFIX).split(".")
        return UUID(hex=id), int(expires), urlsafe_b64decode(mac)
    except ValueError:
        raise KeyRefused from None
