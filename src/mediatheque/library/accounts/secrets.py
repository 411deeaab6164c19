"""The text of API keys, and the hash by which one is known."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from mediatheque.errors import KeyRefused
from mediatheque.model import Key

PREFIX = "mtq_"


class NewSecret(msgspec.Struct, frozen=True):
    """The secret of a key, which is shown once, and its hash, which is stored."""

    secret: str
    hash: bytes

    def key(self, id: UUID) -> str:
        """Return the whole key, `mtq_<id, 32 hex>_<secret>`."""
        return f"{PREFIX}{id.hex}_{self.secret}"


def new_secret() -> NewSecret:
    """Make a secret of 256 random bits."""
    secret = secrets.token_urlsafe(32)
    return NewSecret(secret, _hash(secret))


def split(presented: str) -> tuple[UUID, str]:
    """Return the id and the secret of a key. Raises `KeyRefused` when the id is none."""
    id, _, secret = presented.removeprefix(PREFIX).partition("_")
    try:
        return UUID(hex=id), secret
    except ValueError:
        raise KeyRefused from None


def matches(key: Key | None, secret: str) -> bool:
    """Whether the secret is one of the key's, in constant time."""
    hashed, hashes = _hash(secret), key.hashes(datetime.now(UTC)) if key else (bytes(32),)
    return any(hmac.compare_digest(hashed, each) for each in hashes)


def is_previous(key: Key, presented: str) -> bool:
    """Whether what was presented, and is good, is the whole key with the secret that it had before it was rotated."""
    return presented.startswith(PREFIX) and not hmac.compare_digest(_hash(split(presented)[1]), key.secret_hash)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
