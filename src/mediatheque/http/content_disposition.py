"""The Content-Disposition header: parsed with tolerance, rendered by RFC 6266 and RFC 8187."""

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

_UNSAFE_IN_FALLBACK = re.compile(r'[^ -~]|["\\%]')
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI_CONTROLS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PARAMETER_END = re.compile(";")
_NAME_END = re.compile("[=;]")
_ATTR_CHAR = "!#$&+-.^_`|~"


def render(kind: str, name: str) -> str:
    """Return a Content-Disposition value. `kind` is `inline` or `attachment`.

    The plain `filename` is for old clients: ASCII without quotes, backslashes, per cent signs and control
    characters. `filename*` follows when that replacement changed the name.
    """
    name = "".join(c for c in name if not _is_unsafe(c)) or "file"
    fallback = _UNSAFE_IN_FALLBACK.sub("_", name)
    value = f'{kind}; filename="{fallback}"'
    return value if fallback == name else f"{value}; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"


def filename(parameters: dict[str, str]) -> str | None:
    """Return the last segment of the sender's filename, without control characters; `filename*` takes precedence."""
    return basename(_decode_extended(parameters.get("filename*", "")) or parameters.get("filename", ""))


def basename(path: str) -> str | None:
    """Return the last segment of a path with slashes or backslashes; None when nothing usable is left."""
    name = path.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if not _is_unsafe(c)).strip()
    return None if name in {"", ".", ".."} else name


def parse(value: str) -> tuple[str, dict[str, str]]:
    r"""Split `form-data; name="a"` into its first word and its parameters, in one pass over the value.

    Names are lower case; of equal names the first counts. In quoted values `\"` and what browsers write for quotes
    and line ends (`%22`, `%0D`, `%0A`) are decoded. Other backslashes are kept, because browsers do not escape them.
    """
    word, at = _read_until(value, 0, _PARAMETER_END)
    found: dict[str, str] = {}
    while at < len(value):
        name, at = _read_until(value, at + 1, _NAME_END)
        if at < len(value) and value[at] == "=":
            text, at = _read_parameter(value, at + 1)
            found.setdefault(name.strip().lower(), text)
    return word.strip().lower(), found


def _read_until(value: str, start: int, stop: re.Pattern[str]) -> tuple[str, int]:
    found = stop.search(value, start)
    end = found.start() if found else len(value)
    return value[start:end], end


def _read_parameter(value: str, at: int) -> tuple[str, int]:
    """Return the value that starts at `at`, quoted or not, and the position of its end."""
    while at < len(value) and value[at] in " \t":
        at += 1
    if value[at : at + 1] != '"':
        text, end = _read_until(value, at, _PARAMETER_END)
        return text.strip(), end
    end = at + 1
    while end < len(value) and value[end] != '"':
        end += 2 if value.startswith('\\"', end) else 1
    text = value[at + 1 : end].replace('\\"', '"')
    for escape, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
        text = text.replace(escape, character)
    return text, _read_until(value, end + 1, _PARAMETER_END)[1]


def _decode_extended(value: str) -> str | None:
    """Decode a value of RFC 8187, such as `UTF-8'en'na%C3%AFve.png`; None when it is malformed."""
    charset, _, rest = value.partition("'")
    _, quoted, encoded = rest.partition("'")
    if not quoted or charset.lower() not in {"utf-8", "iso-8859-1"}:
        return None
    try:
        return unquote_to_bytes(encoded).decode(charset)
    except UnicodeDecodeError:
        return None


def _is_unsafe(character: str) -> bool:
    """Whether a character breaks headers or listings, or reorders a displayed name (bidirectional controls)."""
    return character in _BIDI_CONTROLS or unicodedata.category(character) in _UNSAFE_CATEGORIES
