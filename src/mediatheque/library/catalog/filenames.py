"""File names and titles made safe from what senders called their files."""

import mimetypes
import re
import unicodedata
from pathlib import PurePosixPath

_MAX_BYTES = 200
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"*:<>?|\\/]')


def safe_name(name: str | None, mime: str, extension: str) -> str:
    """A file name without path, control characters or leading dots whose extension agrees with the content.

    `extension` (without its dot, empty for none) is appended unless the name already ends in one of the same type. At
    most 200
    bytes of UTF-8, so that any file system can hold it.
    """
    stem = unicodedata.normalize("NFC", name or "").replace("\\", "/").rsplit("/", 1)[-1]
    stem = _FORBIDDEN.sub("_", stem).strip().lstrip(".-").strip() or "file"
    suffix = PurePosixPath(stem).suffix
    extension = f".{extension}" if extension else ""
    if suffix and (suffix.lower() == extension or mimetypes.guess_type(stem)[0] == mime):
        stem, extension = stem[: -len(suffix)], suffix
    return _cut(stem, _MAX_BYTES - len(extension)) + extension


def title_from(name: str | None, caption: str | None, fallback: str) -> str:
    """A display title: the file's name without extension, else the caption's first line, else the fallback."""
    for candidate in (PurePosixPath(name or "").stem, (caption or "").split("\n", 1)[0]):
        title = _FORBIDDEN.sub(" ", candidate).strip()
        if title:
            return _cut(title, _MAX_BYTES)
    return fallback


def _cut(text: str, limit: int) -> str:
    return text.encode("utf-8", "ignore")[:limit].decode("utf-8", "ignore")
