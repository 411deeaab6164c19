"""Requests to models, their inputs and outputs, and the lineage of assets that they make up."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model.assets import AssetRef
from mediatheque.model.media import Kind


class Origin(enum.StrEnum):
    """How an asset came into the library: its `source`."""

    UPLOAD = "upload"
    """It was uploaded or imported."""
    RESPONSE = "response"
    """A model made it."""
    REQUEST = "request"
    """It was an input of a request."""


class Role(enum.StrEnum):
    """The purpose of an input."""

    SOURCE = "source"
    CONTENT_REF = "content_ref"
    MASK = "mask"
    CONTROL = "control"


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """An input of a request as the client names it: an asset, a character by id or handle, or a URL.

    `file_id` is set when the URL is that of a file in this library. If the file has an asset, the asset is the input.
    """

    asset: AssetRef | None = None
    character: str | None = None
    url: str | None = None
    file_id: UUID | None = None
    role: Role | None = None


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where an asset comes from. `endpoint`, `prompt` and `inputs` are those of the request.

    The asset is an output of the request, unless `declared_source` is `REQUEST`: then it is an input.
    """

    request_id: str | None = None
    endpoint: str | None = None
    prompt: str | None = None
    inputs: tuple[Input, ...] = ()
    declared_source: Origin | None = None

    @property
    def origin(self) -> Origin:
        """The declared source; without one, `RESPONSE` if a request or an endpoint is named, else `UPLOAD`."""
        return self.declared_source or (Origin.RESPONSE if self.has_generation else Origin.UPLOAD)

    @property
    def has_generation(self) -> bool:
        """Whether a request or an endpoint is named."""
        return self.request_id is not None or self.endpoint is not None

    @property
    def is_output(self) -> bool:
        """Whether the asset is an output of the request, not an input."""
        return self.declared_source is not Origin.REQUEST


class GenerationIO(msgspec.Struct, frozen=True, kw_only=True):
    """An input or output of a request: an asset of a kind, a URL, or a character."""

    request_id: str
    output: bool = False
    asset_id: UUID | None = None
    kind: Kind | None = None
    url: str | None = None
    character_id: UUID | None = None
    role: Role | None = None


class AssetNode(msgspec.Struct, frozen=True, kw_only=True):
    """An asset in the graph. Without `file_id` it is deleted or has expired."""

    key: str
    id: UUID
    kind: Kind
    request_id: str | None = None
    file_id: UUID | None = None
    file_name: str = ""


class UrlNode(msgspec.Struct, frozen=True, kw_only=True):
    """An input that is not in the library."""

    key: str
    url: str


class RequestNode(msgspec.Struct, frozen=True, kw_only=True):
    """A request to a model."""

    key: str
    request_id: str
    created_at: datetime
    endpoint: str | None = None
    prompt: str | None = None


class CharacterNode(msgspec.Struct, frozen=True, kw_only=True):
    """A character that was an input. Without `handle` it is deleted."""

    key: str
    id: UUID
    name: str | None = None
    handle: str | None = None


Node = AssetNode | UrlNode | RequestNode | CharacterNode


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """An edge between nodes, by their keys: from an input to its request, or from a request to its output."""

    start: str
    end: str
    output: bool
    role: Role | None = None


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """The ancestors and descendants of the asset `focus`. `truncated`: nodes or edges were left out."""

    focus: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool
