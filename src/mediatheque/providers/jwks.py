"""fal's public keys: pinned by the operator, or read from its JWKS and kept in memory for a day."""

import asyncio
import time

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mediatheque.errors import FetchFailed, Unavailable, UrlRefused
from mediatheque.http.fetch import api
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.providers.config import decode_key
from mediatheque.providers.service import members

_DAY = 86_400
_MIN_AGE = 60
"""A signature by no known key lets the keys be read again when they are older than this: they may be others now."""
_MAX_KEYS = 32
_OK = 200


class Unverifiable(Unavailable):
    """The keys that webhooks of this provider are signed with cannot be read now. Send it again."""


class PublicKeys:
    """ED25519 keys at a URL, or the given ones."""

    def __init__(self, url: str, pinned: tuple[str, ...], fetch: FetchConfig) -> None:
        self._url = url
        self._fetch = fetch
        self._is_pinned = bool(pinned)
        self._keys = _keys(pinned)
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature is one of a known key. Raises `Unavailable` when no keys can be read."""
        if self._is_pinned:
            return _is_signed(self._keys, signature, message)
        if self._age() < _DAY and _is_signed(self._keys, signature, message):
            return True
        async with self._reading:
            if self._age() >= _MIN_AGE:
                await self._read()
        return _is_signed(self._keys, signature, message)

    def _age(self) -> float:
        return float("inf") if self._read_at is None else time.monotonic() - self._read_at

    async def _read(self) -> None:
        try:
            answer = await api.get(self._url, {}, self._fetch)
            record = members(msgspec.json.decode(answer.body)) if answer.status == _OK else {}
        except (FetchFailed, UrlRefused, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unverifiable from error
        found = [members(each) for each in record.get("keys") or []][:_MAX_KEYS]
        keys = _keys(tuple(str(each.get("x", "")) for each in found if each.get("crv", "Ed25519") == "Ed25519"))
        if not keys:
            raise Unverifiable
        self._keys, self._read_at = keys, time.monotonic()


def _keys(texts: tuple[str, ...]) -> tuple[Ed25519PublicKey, ...]:
    found = []
    for text in texts:
        try:
            found.append(Ed25519PublicKey.from_public_bytes(decode_key(text)))
        except ValueError:
            continue  # another kind of key
    return tuple(found)


def _is_signed(keys: tuple[Ed25519PublicKey, ...], signature: bytes, message: bytes) -> bool:
    for key in keys:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return True
    return False
