"""What things are called, and what things that never were would be."""

import re
from typing import Protocol
from uuid import uuid4

_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


class Named(Protocol):
    """What a request can be filled with, by name."""

    def __getitem__(self, name: str, /) -> str: ...


class Never:
    """Names as like those of the others as can be, of what never was: every id in them is another one."""

    def __init__(self, others: Named) -> None:
        self._others = others
        self._twins: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        text = self._others[name]
        return text[::-1] if name == "workspace" else _ID.sub(self._twin, text)

    def _twin(self, found: re.Match[str]) -> str:
        twin = self._twins.setdefault(found[0].replace("-", ""), uuid4().hex)
        return _dashed(twin) if "-" in found[0] else twin


class Between:
    """`{asset}` is the others', `{my_asset}` the caller's own."""

    def __init__(self, others: Named, mine: Named, *, respell: bool = False) -> None:
        self._others, self._mine, self._respell = others, mine, respell

    def __getitem__(self, name: str) -> str:
        if name.startswith("my_"):
            return self._mine[name.removeprefix("my_")]
        return respelled(self._others[name]) if self._respell else self._others[name]


def respelled(text: str) -> str:
    """The ids in it with dashes, if they have none, else without."""
    return _ID.sub(lambda found: found[0].replace("-", "") if "-" in found[0] else _dashed(found[0]), text)


def ids_in(text: str) -> set[str]:
    """The ids in it, and what looks like one, in both spellings."""
    return {each for found in _ID.findall(text) for each in (found, respelled(found))}


def _dashed(text: str) -> str:
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
