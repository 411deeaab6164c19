"""Files that cost seconds to make and can be made again."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import structlog

_DIGEST = hashlib.sha256().digest_size
_log = structlog.get_logger()


def cached(file: Path, make: Callable[[], bytes]) -> bytes:
    """What `make` made, from `file` if it is there and whole, else made now. Blocks.

    Where it cannot be kept it is made anew by each process. The file ends with a digest of the rest, so that a damaged
    one is known and made again. Several processes may do this at once: each makes its own and the last one's stays,
    which is as good as the others'.
    """
    whole = _whole(file)
    if whole is None:
        whole = make()
        try:
            _replace(file, whole + hashlib.sha256(whole).digest())
        except OSError as error:
            _log.warning("not kept for the next start", file=str(file), reason=str(error))
    return whole


def derived(folder: Path, name: str, source: bytes, make: Callable[[bytes], bytes]) -> bytes:
    """What `make` makes of the source, kept in the folder; `{}` in the name is for a hash of the source. Blocks."""
    return cached(folder / name.format(hashlib.sha256(source).hexdigest()[:12]), lambda: make(source))


def _whole(file: Path) -> bytes | None:
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
