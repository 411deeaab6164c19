"""The outputs in a result: every URL and data URI in its JSON, wherever it stands."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from mediatheque.library.keep.provider import FoundOutput
from mediatheque.media.formats import claims_media

MAX_OUTPUTS = 1_000
_MAX_DEPTH = 64
_MAX_NAME = 255
_MAX_PATH_BYTES = 1_000
_TYPES = ("content_type", "mime_type", "media_type", "mimeType", "contentType")
_NAMES = ("file_name", "filename", "fileName")


def find_outputs(
    tree: Any, *, skip: Collection[str] = (), inputs: Collection[str] = (), certain: bool = False
) -> tuple[FoundOutput, ...]:
    """Return the URLs in a JSON value, in its order, each with its path (RFC 6901), at most `MAX_OUTPUTS` + 1.

    Not looked into are members with names in `skip`, and URLs of `inputs` are left out. `certain`: all of them are
    media. Otherwise those are whose type, name or data URI says so.
    """
    left_out, found = frozenset(inputs), list[FoundOutput]()
    for path, url, holder in _urls(tree, "", {}, skip, 0):
        if url not in left_out:
            declared, name = _text(holder, _TYPES), _text(holder, _NAMES) or _name_in(url)
            is_media = certain or url.startswith("data:") or claims_media(declared, name)
            found.append(FoundOutput(path=_short(path), url=url, name=name and name[:_MAX_NAME], is_media=is_media))
            if len(found) > MAX_OUTPUTS:
                break
    return tuple(found)


def find_inputs(tree: Any) -> tuple[str, ...]:
    """Return the http URLs in the JSON value of a request's input, each once."""
    urls = (url for _, url, _ in _urls(tree, "", {}, (), 0))
    return tuple(dict.fromkeys(url for url in urls if not url.startswith("data:")))[:MAX_OUTPUTS]


def _urls(
    value: Any, path: str, holder: Mapping[str, Any], skip: Collection[str], depth: int
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the path, the URL and the object that holds it.

    A long path is shortened where it becomes so: a name of megabytes is not copied for each value below it.
    """
    if depth > _MAX_DEPTH:
        return
    match value:
        case str() if _is_url(value):
            yield path, value, holder
        case dict():
            for key, each in value.items():
                if key not in skip and isinstance(each, str | dict | list):
                    yield from _urls(each, _short(f"{path}/{_escaped(key)}"), value, skip, depth + 1)
        case list():
            for index, each in enumerate(value):
                if isinstance(each, str | dict | list):
                    below = holder if isinstance(each, str) else {}
                    yield from _urls(each, f"{path}/{index}", below, skip, depth + 1)


def _is_url(text: str) -> bool:
    start = text[:8].lower()
    if "\0" in text:
        return False
    if start.startswith("data:"):
        return "," in text
    return start.startswith(("http://", "https://")) and not any(map(str.isspace, text))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1").replace("\0", "\N{SYMBOL FOR NULL}")


def _short(path: str) -> str:
    """Return the path, or its hash when it is too long for an index of the database. Below it, the path goes on."""
    if len(encoded := path.encode("utf-8", "surrogatepass")) <= _MAX_PATH_BYTES:
        return path
    return f"sha256:{hashlib.sha256(encoded).hexdigest()}"


def _text(holder: Mapping[str, Any], names: Collection[str]) -> str | None:
    return next((holder[name] for name in names if isinstance(holder.get(name), str) and holder[name]), None)


def _name_in(url: str) -> str | None:
    """Return the file's name in the URL's path."""
    if url.startswith("data:"):
        return None
    try:
        return unquote(urlsplit(url).path).rpartition("/")[2] or None
    except ValueError:
        return None
