"""Plain text: types that no program runs, and that no signature tells apart."""

import codecs
import re

from mediatheque.media.formats import without_parameters

_BY_EXTENSION = {
    "txt": "text/plain",
    "log": "text/plain",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "md": "text/markdown",
    "markdown": "text/markdown",
    "vtt": "text/vtt",
    "srt": "application/x-subrip",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "ndjson": "application/x-ndjson",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "toml": "application/toml",
}
_ALIASES = {
    "text/json": "application/json",
    "text/yaml": "application/yaml",
    "text/x-yaml": "application/yaml",
    "application/x-yaml": "application/yaml",
    "text/x-markdown": "text/markdown",
    "application/csv": "text/csv",
    "text/srt": "application/x-subrip",
    "text/x-srt": "application/x-subrip",
    "application/srt": "application/x-subrip",
    "text/x-vtt": "text/vtt",
    "application/vtt": "text/vtt",
}
_TYPES = frozenset(_BY_EXTENSION.values())
_UNDECLARED = frozenset({"", "application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded"})
_OTHER_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_CONTROLS = re.compile(f"[{re.escape(_OTHER_CONTROLS.decode())}]")
_UTF_8 = "utf-8"
_BY_LINES = frozenset({"application/x-subrip"})
"""Types without a charset parameter whose files are in any encoding."""


def text_type(head: bytes, declared: str | None, name: str | None) -> str | None:
    """Return the type of a plain text: the declared one, or the one that the file's name has where none is declared.

    A text is served with the charset UTF-8. One in another encoding has its charset behind the type, where the type
    takes that parameter: what Excel writes as CSV is UTF-16 or in a code page, which nothing tells. JSON is UTF-8.

    None when the type is no plain text, or when the first bytes are not those of a text. HTML, XML, SVG and scripts
    are no plain text.
    """
    mime = without_parameters(declared or "")
    if mime in _UNDECLARED:
        _, dot, extension = (name or "").rpartition(".")
        mime = _BY_EXTENSION.get(extension.lower(), "") if dot else ""
    mime = _ALIASES.get(mime, mime)
    charset = _charset(head) if mime in _TYPES else None
    if charset is None or charset == _UTF_8:
        return mime if charset else None
    if mime in _BY_LINES:
        return mime
    return f"{mime}; charset={charset}" if mime.startswith("text/") else None


def _charset(head: bytes) -> str | None:
    """Return the charset of a text that begins with these bytes, which may end within a character; None for no text."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _decoded(head, "utf-16")
        return "utf-16" if text is not None and not _CONTROLS.search(text) else None
    if head.translate(None, _OTHER_CONTROLS) != head:
        return None
    return "unknown-8bit" if _decoded(head, _UTF_8) is None else _UTF_8  # RFC 1428: text in some code page


def _decoded(head: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return None
