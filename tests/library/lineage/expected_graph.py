"""A model of lineage in plain Python."""

from uuid import UUID

import msgspec

from mediatheque.model import Origin, Role

Edge = tuple[str, str, Role | None]


class GivenInput(msgspec.Struct, frozen=True):
    """An input of a request: the number of an asset, request or character, or a URL."""

    asset: int | None = None
    request: int | None = None
    url: str | None = None
    character: int | None = None
    role: Role | None = None


class Registration(msgspec.Struct, frozen=True):
    """The provenance that a registration gives for the asset of that number."""

    asset: int
    request: int
    declared_source: Origin | None
    inputs: tuple[GivenInput, ...]


class Model:
    """The request that made each asset and the inputs of each request. Assets are numbers."""

    def __init__(self) -> None:
        self.makers: dict[int, int] = {}
        self.inputs: dict[int, set[tuple[str, Role | None]]] = {}

    def register(self, said: Registration, characters: list[UUID]) -> bool:
        """Record the registration. Return False, and change nothing, when an input is unknown."""
        makers = dict(self.makers)
        if said.declared_source is not Origin.REQUEST:
            makers.setdefault(said.asset, said.request)
        named = [_named(given, makers, characters) for given in said.inputs]
        if None in named:
            return False
        self.makers = makers
        if said.declared_source is Origin.REQUEST:
            if f"asset {said.asset}" not in named:
                self._add(said.request, f"asset {said.asset}", None)
        elif makers[said.asset] != said.request:
            return True
        for name, given in zip(named, said.inputs, strict=True):
            self._add(said.request, str(name), given.role)
        return True

    def _add(self, request: int, name: str, role: Role | None) -> None:
        self.inputs.setdefault(request, set()).add((name, role))

    def edges(self, focus: int, depth: int) -> set[Edge]:
        return self._up({f"asset {focus}"}, depth) | self._down({f"asset {focus}"}, depth)

    def _up(self, names: set[str], depth: int) -> set[Edge]:
        made = {(name, r) for name in names for asset, r in self.makers.items() if name == f"asset {asset}"}
        edges: set[Edge] = {(f"request {r}", name, None) for name, r in made}
        into = {(name, f"request {r}", role) for _, r in made for name, role in self.inputs.get(r, set())}
        further = self._up({name for name, _, _ in into}, depth - 1) if depth > 1 else set()
        return edges | into | further

    def _down(self, names: set[str], depth: int) -> set[Edge]:
        into = {(name, r, role) for r, inputs in self.inputs.items() for name, role in inputs if name in names}
        made = {(f"asset {asset}", r) for asset, r in self.makers.items() if r in {r for _, r, _ in into}}
        further = self._down({name for name, _ in made}, depth - 1) if depth > 1 else set()
        return (
            {(name, f"request {r}", role) for name, r, role in into}
            | {(f"request {r}", name, None) for name, r in made}
            | further
        )


def _named(given: GivenInput, makers: dict[int, int], characters: list[UUID]) -> str | None:
    if given.asset is not None:
        return f"asset {given.asset}"
    if given.request is not None:
        made = [asset for asset, request in makers.items() if request == given.request]
        return f"asset {min(made)}" if made else None
    if given.character is not None:
        return f"character {given.character}" if given.character < len(characters) else None
    return f"url {given.url}"
