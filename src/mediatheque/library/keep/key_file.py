"""The file with the key that encrypts other services' secrets, where no key is configured."""

import os
import secrets
from base64 import b64encode
from contextlib import suppress
from pathlib import Path

from mediatheque.blobs.local.files import fsync
from mediatheque.errors import InvariantError
from mediatheque.library.keep.config import KEY_BYTES, parse_keys


def read_or_create(path: Path) -> bytes:
    """Return the key in the file, which is created when it is missing, for its owner alone.

    Processes that start at the same time find one key: the file gets its name when it is complete, and only once.
    Raises OSError, and ValueError when the file holds no key.
    """
    if not path.name:
        raise InvariantError("no key and no file for one is configured")
    if not path.exists():
        _create(path)
    keys = parse_keys(path.read_text())
    if len(keys) != 1:
        raise ValueError(f"{path} holds {len(keys)} keys instead of one")
    return keys[0]


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # another process was first
        os.link(draft, path)
    draft.unlink()
    fsync(path.parent)
