"""Safe file names and titles from the names that clients give their files."""

import mimetypes
import re
import unicodedata
from pathlib import PurePosixPath

_MAX_BYTES = 200
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"*:<>?|\\/]')


def safe_name(name: str | None, mime: str, extension: str) -> str:
    """Return the file name without path, control characters and leading dots, with an extension that fits the content.

    `extension` has no dot, and is empty when the content has none. It is appended unless the name ends in an extension
    of the same type. The result has at most 200 bytes of UTF-8, which every file system can store.
    """
    stem = unicodedata.normalize("NFC", name or "").replace("\\", "/").rsplit("/", 1)[-1]
    stem = _FORBIDDEN.sub("_", stem).strip().lstrip(".-").strip() or "file"
    suffix = PurePosixPath(stem).suffix
    extension = f".{extension}" if extension else ""
    if suffix and (suffix.lower() == extension or mimetypes.guess_type(stem)[0] == mime):
        stem, extension = stem[: -len(suffix)], suffix
    return _truncate(stem, _MAX_BYTES - len(extension)) + extension


def title_from(name: str | None, caption: str | None, fallback: str) -> str:
    """Return a title: the file's name without extension, or the first line of the caption, or the fallback."""
    for candidate in (PurePosixPath(name or "").stem, (caption or "").split("\n", 1)[0]):
        title = _FORBIDDEN.sub(" ", candidate).strip()
        if title:
            return _truncate(title, _MAX_BYTES)
    return fallback


def _truncate(text: str, limit: int) -> str:
    return text.encode("utf-8", "ignore")[:limit].decode("utf-8", "ignore")
