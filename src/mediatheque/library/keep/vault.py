"""Encryption of other services' secrets before they are stored.

AES-256-GCM with a random nonce. What is sealed says by which key, so keys can be rotated: the first one seals, all of
them open. It is bound to its context (the workspace and what it is), so that a row copied elsewhere does not open.
"""

import hashlib
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mediatheque.errors import LibraryError
from mediatheque.library.keep.config import KeepConfig, parse_keys
from mediatheque.library.keep.key_file import read_or_create

_VERSION = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12


class SecretLost(LibraryError):
    """A stored secret cannot be read: it was encrypted by a key that this server does not have."""


class Vault:
    """Seals and opens texts with the configured keys, or with the one in the key file."""

    def __init__(self, config: KeepConfig) -> None:
        self._config = config

    def seal(self, text: str, context: str) -> bytes:
        """Return the text encrypted."""
        id, cipher = next(iter(self._ciphers.items()))
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + id + nonce + cipher.encrypt(nonce, text.encode(), context.encode())

    def open(self, sealed: bytes, context: str) -> str:
        """Return what was sealed in that context. Raises `SecretLost`."""
        version, id, rest = sealed[:1], sealed[1 : 1 + _ID_BYTES], sealed[1 + _ID_BYTES :]
        cipher = self._ciphers.get(id) if version == _VERSION else None
        if cipher is None:
            raise SecretLost
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], context.encode()).decode()
        except InvalidTag as error:
            raise SecretLost from error

    def prepare(self) -> None:
        """Read the keys, and create the key file if it is missing. Raises OSError, and ValueError for a bad key."""
        _ = self._ciphers

    @cached_property
    def _ciphers(self) -> Mapping[bytes, AESGCM]:
        keys = parse_keys(self._config.secret_key) or (read_or_create(Path(self._config.key_file)),)
        return {hashlib.sha256(key).digest()[:_ID_BYTES]: AESGCM(key) for key in keys}
