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

    def add(self, generation_ios: Iterable[GenerationIO]) -> list[GenerationIO]:
        """Add each input or output with its request. Return those that were added or were in the graph."""
        return [each for each in generation_ios if self._add(each)]

    def _add(self, generation_io: GenerationIO) -> bool:
        edge = _edge(generation_io)
        if edge in self._edges:
            return True
        if len(self._edges) == MAX_EDGES or self._size + self._count_new_nodes(generation_io) > MAX_NODES:
            self.truncated = True
            return False
        self._edges[edge] = None
        self.requests[generation_io.request_id] = None
        if generation_io.asset_id and generation_io.kind:
            self.assets.setdefault(generation_io.asset_id, generation_io.kind)
        elif generation_io.character_id:
            self.characters[generation_io.character_id] = None
        elif generation_io.url:
            self.urls[generation_io.url] = None
        return True

    @property
    def _size(self) -> int:
        return len(self.assets) + len(self.requests) + len(self.urls) + len(self.characters)

    def _count_new_nodes(self, generation_io: GenerationIO) -> int:
        """Count the nodes that adding it would create."""
        known = (
            generation_io.asset_id in self.assets
            or generation_io.character_id in self.characters
            or generation_io.url in self.urls
        )
        return (generation_io.request_id not in self.requests) + (not known)

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
                *(_asset_node(id, kind, assets.get(id, {})) for id, kind in self.assets.items()),
                *(RequestNode(key=_request_key(id), **requests[id]) for id in self.requests),
                *(UrlNode(key=_url_key(url), url=url) for url in self.urls),
                *(_character_node(id, characters.get(id, {})) for id in self.characters),
            ),
            edges=tuple(self._edges),
            truncated=self.truncated,
        )


def _asset_node(id: UUID, kind: Kind, known: Mapping[str, Any]) -> AssetNode:
    return AssetNode(
        key=_asset_key(id),
        id=id,
        kind=kind,
        request_id=known.get("request_id"),
        file_id=known.get("file_id"),
        file_name=known.get("file_name") or "",
    )


def _character_node(id: UUID, known: Mapping[str, Any]) -> CharacterNode:
    return CharacterNode(key=_character_key(id), id=id, name=known.get("name"), handle=known.get("handle"))


def _edge(generation_io: GenerationIO) -> Edge:
    request, other = _request_key(generation_io.request_id), _other_key(generation_io)
    start, end = (request, other) if generation_io.output else (other, request)
    return Edge(start=start, end=end, output=generation_io.output, role=generation_io.role)


def _other_key(generation_io: GenerationIO) -> str:
    if generation_io.asset_id:
        return _asset_key(generation_io.asset_id)
    if generation_io.character_id:
        return _character_key(generation_io.character_id)
    return _url_key(generation_io.url or "")


def _asset_key(id: UUID) -> str:
    return f"asset:{id}"


def _request_key(id: str) -> str:
    return f"request:{id}"


def _character_key(id: UUID) -> str:
    return f"character:{id}"


def _url_key(url: str) -> str:
    return f"url:{hashlib.md5(url.encode(), usedforsecurity=False).hexdigest()}"
