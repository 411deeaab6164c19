"""What was read so far, within bounds, as JSON that PostgreSQL can store."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from mediatheque.model import EmbeddedMetadata, Generation

MAX_DATA_BYTES = 64 << 10
"""Bytes of all that is kept of one file, as JSON, without the generation."""

MAX_TEXT = 16_000
"""Characters of one text."""

MAX_WORKFLOW_BYTES = 256 << 10
"""Bytes of a generator's graph as JSON; a larger one is left out."""

MAX_EMBEDDED_BYTES = MAX_DATA_BYTES + MAX_WORKFLOW_BYTES + (256 << 10)
"""More than the JSON of all that is read of one file: texts of a generation are at most four bytes a character."""

_MAX_NAME = 100
_MAX_ITEMS = 200
_MAX_NAMED = 40  # what was cut or is unreadable
_RESERVED_BYTES = 10 << 10  # for those names
_MAX_WORKFLOW_DEPTH = 40
_MAX_INTEGER = 1 << 64
_SURROGATE = re.compile("[\ud800-\udfff]")

Scalar = str | int | float | bool


class Collected:
    """Collects values by section and name. The first value of a name stays."""

    def __init__(self) -> None:
        self._sections: dict[str, dict[str, Any]] = {}
        self._cut: dict[str, None] = {}
        self._unreadable: dict[str, None] = {}
        self._left = MAX_DATA_BYTES - _RESERVED_BYTES
        self._unless_generated: list[tuple[str, str, str]] = []

    def add(self, section: str, name: str, value: "Scalar | list[Scalar] | dict[str, Scalar] | None") -> None:
        """Keep the value, shortened if it is long, and left out if too much is kept already."""
        name = clean(name)[:_MAX_NAME].strip()
        if not name or name in self._sections.get(section, ()):
            return
        kept = self._shortened(f"{section}.{name}", value)
        if kept is None or kept in ("", [], {}):
            return
        size = len(msgspec.json.encode({section: {name: kept}}))
        if size > self._left:
            self.cut(f"{section}.{name}")
            return
        self._left -= size
        self._sections.setdefault(section, {})[name] = kept

    def add_unless_generated(self, section: str, name: str, value: str) -> None:
        """Keep the text in the end, if it was not understood as that of a generator."""
        self._unless_generated.append((section, name, value))

    def cut(self, name: str) -> None:
        """Name something that is not kept, or not all of it."""
        if len(self._cut) < _MAX_NAMED:
            self._cut[name] = None

    @contextmanager
    def reading(self, section: str) -> Iterator[None]:
        """Name the section as unreadable when reading it fails, whatever a damaged block makes the reader raise."""
        try:
            yield
        except OSError:
            raise  # of the disk, not of the file
        except Exception:  # noqa: BLE001 - what a file says about itself never refuses it
            self._unreadable[section] = None

    def finish(self, generation: Generation | None = None) -> EmbeddedMetadata | None:
        """Return what was collected, None if nothing was."""
        if generation:
            generation = self._bounded(generation)
        else:
            for section, name, value in self._unless_generated:
                self.add(section, name, value)
        lists = {"cut": list(self._cut), "unreadable": list(self._unreadable)}
        data = self._sections | {name: names for name, names in lists.items() if names}
        return EmbeddedMetadata(data=data, generation=generation) if data or generation else None

    def _shortened(self, path: str, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(path, value)
        if isinstance(value, list | dict) and len(value) > _MAX_ITEMS:
            self.cut(path)
        if isinstance(value, list):
            items = (self._shortened(path, each) for each in value[:_MAX_ITEMS])
            return [each for each in items if each not in (None, "")]
        if isinstance(value, dict):
            pairs = ((clean(key)[:_MAX_NAME], self._shortened(path, each)) for key, each in value.items())
            return {key: each for key, each in list(pairs)[:_MAX_ITEMS] if each not in (None, "")}
        return bounded_number(value)

    def _text(self, path: str, value: str) -> str:
        text = clean(value).strip()
        if len(text) > MAX_TEXT:
            self.cut(path)
        return text[:MAX_TEXT]

    def _bounded(self, generation: Generation) -> Generation:
        fields = msgspec.structs.asdict(generation)
        for name, value in fields.items():
            if isinstance(value, str):
                fields[name] = self._text(f"generation.{name}", value) or None
            elif isinstance(value, int | float):
                fields[name] = bounded_number(value)
        if generation.workflow is not None:
            fields["workflow"] = stored_graph(generation.workflow)
            if fields["workflow"] is None:
                self.cut("generation.workflow")
        return Generation(**fields | {"tool": generation.tool})


def clean(text: str) -> str:
    """Return the text without what PostgreSQL and UTF-8 cannot store: NUL, and halves of surrogate pairs."""
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))


def bounded_number(value: Any) -> Any:
    """Return a number that JSON can hold; None for a huge integer and for what is no number."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_MAX_INTEGER < value < _MAX_INTEGER else None
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return None


def stored_graph(graph: dict[str, Any]) -> dict[str, Any] | None:
    """Return the graph as it can be stored; None when it is too large or too deep."""
    if _depth(graph) > _MAX_WORKFLOW_DEPTH:
        return None
    try:
        encoded = msgspec.json.encode(graph)
    except (UnicodeEncodeError, ValueError):
        encoded = b"\\u0000"
    if b"\\u0000" in encoded:
        graph = _cleaned(graph)
        encoded = msgspec.json.encode(graph)
    return graph if len(encoded) <= MAX_WORKFLOW_BYTES else None


def _depth(graph: object) -> int:
    """Return how deep lists and objects are nested in each other, or one more than is allowed."""
    level, depth = [graph], 0
    while level and depth <= _MAX_WORKFLOW_DEPTH:
        depth += 1
        inner = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level = [child for children in inner for child in children if isinstance(child, dict | list)]
    return depth


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(each) for key, each in value.items()}
    return value if value is None else bounded_number(value)
