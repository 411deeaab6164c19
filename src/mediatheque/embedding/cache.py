"""Files that take seconds to compute and can be computed again."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import structlog

_DIGEST = hashlib.sha256().digest_size
_log = structlog.get_logger()


def cached(file: Path, make: Callable[[], bytes]) -> bytes:
    """Return the content of `file`; when it is missing or damaged, call `make` and write its result. Blocks.

    The file ends with a digest of the rest, by which damage is noticed. When it cannot be written, each process calls
    `make` again. Several processes may do so concurrently: each writes the same content, and the last one's stays.
    """
    content = _read(file)
    if content is None:
        content = make()
        try:
            _replace(file, content + hashlib.sha256(content).digest())
        except OSError as error:
            _log.warning("cache_not_written", file=str(file), reason=str(error))
    return content


def derived(folder: Path, name: str, source: bytes, make: Callable[[bytes], bytes]) -> bytes:
    """Return what `make` computes of the source, cached in the folder; `{}` in the name is a hash of it. Blocks."""
    return cached(folder / name.format(hashlib.sha256(source).hexdigest()[:12]), lambda: make(source))


def _read(file: Path) -> bytes | None:
    try:
        content = file.read_bytes()
    except OSError:
        return None
    body, digest = content[:-_DIGEST], content[-_DIGEST:]
    return body if hashlib.sha256(body).digest() == digest else None


def _replace(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fd, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(fd, "wb") as stream:
            stream.write(content)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
