"""Names of the things in a workspace, and equally formed names of things that do not exist."""

import re
from typing import Protocol
from uuid import uuid4

_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


class Names(Protocol):
    """The values for a request's placeholders."""

    def __getitem__(self, name: str, /) -> str: ...


class UnknownNames:
    """Names formed like foreign ones, with every id replaced by an unused one."""

    def __init__(self, others: Names) -> None:
        self._others = others
        self._unused_ids: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        text = self._others[name]
        return text[::-1] if name == "workspace" else _ID.sub(self._unused_id, text)

    def _unused_id(self, found: re.Match[str]) -> str:
        unused = self._unused_ids.setdefault(found[0].replace("-", ""), uuid4().hex)
        return _dashed(unused) if "-" in found[0] else unused


class MixedNames:
    """Names for a probe: `{asset}` is foreign, `{my_asset}` is the caller's own."""

    def __init__(self, others: Names, mine: Names, *, other_spelling: bool = False) -> None:
        self._others, self._mine, self._other_spelling = others, mine, other_spelling

    def __getitem__(self, name: str) -> str:
        if name.startswith("my_"):
            return self._mine[name.removeprefix("my_")]
        return other_spelling_of(self._others[name]) if self._other_spelling else self._others[name]


def other_spelling_of(text: str) -> str:
    """Return the text with dashes added to its ids, or removed from them."""
    return _ID.sub(lambda found: found[0].replace("-", "") if "-" in found[0] else _dashed(found[0]), text)


def ids_in(text: str) -> set[str]:
    """Return everything in the text that looks like an id, with and without dashes."""
    return {each for found in _ID.findall(text) for each in (found, other_spelling_of(found))}


def _dashed(text: str) -> str:
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
