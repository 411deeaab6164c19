"""The lineage graph while it is built: no duplicates, and bounded in size."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from mediatheque.model import (
    Asset,
    AssetNode,
    CharacterNode,
    Edge,
    GenerationIO,
    Kind,
    Lineage,
    RequestNode,
    UrlNode,
)

MAX_NODES = 1_000
MAX_EDGES = 5_000


class Graph:
    """Nodes and edges around one asset. `truncated` is true once a node or edge was left out for lack of room."""

    def __init__(self, focus: Asset) -> None:
        self.assets: dict[UUID, Kind] = {focus.id: focus.kind}
        self.requests: dict[str, None] = {}
        self.urls: dict[str, None] = {}
        self.characters: dict[UUID, None] = {}
        self.truncated = False
        self._focus = focus.id
        self._edges: dict[Edge, None] = {}

    def add(self, participants: Iterable[GenerationIO]) -> list[GenerationIO]:
        """Add each input or output with its request. Return those that were added or were in the graph."""
        return [each for each in participants if self._take(each)]

    def _take(self, participant: GenerationIO) -> bool:
        edge = _edge(participant)
        if edge in self._edges:
            return True
        if len(self._edges) == MAX_EDGES or self._size + self._new(participant) > MAX_NODES:
            self.truncated = True
            return False
        self._edges[edge] = None
        self.requests[participant.request_id] = None
        if participant.asset_id and participant.kind:
            self.assets.setdefault(participant.asset_id, participant.kind)
        elif participant.character_id:
            self.characters[participant.character_id] = None
        elif participant.url:
            self.urls[participant.url] = None
        return True

    @property
    def _size(self) -> int:
        return len(self.assets) + len(self.requests) + len(self.urls) + len(self.characters)

    def _new(self, participant: GenerationIO) -> int:
        """Count the nodes that adding it would create."""
        known = (
            participant.asset_id in self.assets
            or participant.character_id in self.characters
            or participant.url in self.urls
        )
        return (participant.request_id not in self.requests) + (not known)

    def lineage(
        self,
        assets: Mapping[UUID, Mapping[str, Any]],
        requests: Mapping[str, Mapping[str, Any]],
        characters: Mapping[UUID, Mapping[str, Any]],
    ) -> Lineage:
        """Return the finished graph with the details of its nodes. The focus is the first node."""
        return Lineage(
            focus=_asset_key(self._focus),
            nodes=(
                *(_asset(id, kind, assets.get(id, {})) for id, kind in self.assets.items()),
                *(RequestNode(key=_request_key(id), **requests[id]) for id in self.requests),
                *(UrlNode(key=_url_key(url), url=url) for url in self.urls),
                *(_character(id, characters.get(id, {})) for id in self.characters),
            ),
            edges=tuple(self._edges),
            truncated=self.truncated,
        )


def _asset(id: UUID, kind: Kind, known: Mapping[str, Any]) -> AssetNode:
    return AssetNode(
        key=_asset_key(id),
        id=id,
        kind=kind,
        request_id=known.get("request_id"),
        file_id=known.get("file_id"),
        file_name=known.get("file_name") or "",
    )


def _character(id: UUID, known: Mapping[str, Any]) -> CharacterNode:
    return CharacterNode(key=_character_key(id), id=id, name=known.get("name"), handle=known.get("handle"))


def _edge(participant: GenerationIO) -> Edge:
    request, other = _request_key(participant.request_id), _other_key(participant)
    start, end = (request, other) if participant.output else (other, request)
    return Edge(start=start, end=end, output=participant.output, role=participant.role)


def _other_key(participant: GenerationIO) -> str:
    if participant.asset_id:
        return _asset_key(participant.asset_id)
    if participant.character_id:
        return _character_key(participant.character_id)
    return _url_key(participant.url or "")


def _asset_key(id: UUID) -> str:
    return f"asset:{id}"


def _request_key(id: str) -> str:
    return f"request:{id}"


def _character_key(id: UUID) -> str:
    return f"character:{id}"


def _url_key(url: str) -> str:
    return f"url:{hashlib.md5(url.encode(), usedforsecurity=False).hexdigest()}"
