"""Plain text: types that no program runs, and that no signature tells apart."""

import codecs

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


def text_type(head: bytes, declared: str | None, name: str | None) -> str | None:
    """Return the type of a plain text: the declared one, or the one that the file's name has where none is declared.

    None when that type is no plain text, or when the first bytes are not UTF-8 without control characters: a file is
    served with the charset UTF-8 then, and never as what it is not. HTML, XML, SVG and scripts are no plain text.
    """
    mime = without_parameters(declared or "")
    if mime in _UNDECLARED:
        _, dot, extension = (name or "").rpartition(".")
        mime = _BY_EXTENSION.get(extension.lower(), "") if dot else ""
    mime = _ALIASES.get(mime, mime)
    return mime if mime in _TYPES and _is_utf8(head) else None


def _is_utf8(head: bytes) -> bool:
    """Whether these are the first bytes of a text in UTF-8. They may end within a character."""
    if head.translate(None, _OTHER_CONTROLS) != head:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
