"""Requests to models, what went into them and what came out, and how assets descend from one another through them."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model.assets import AssetRef
from mediatheque.model.media import Kind


class Origin(enum.StrEnum):
    """How an asset came to be in the library: its `source`."""

    UPLOAD = "upload"
    """Somebody put it there."""
    RESPONSE = "response"
    """A model made it."""
    REQUEST = "request"
    """It was found among what went into a request."""


class Role(enum.StrEnum):
    """What an input was for."""

    SOURCE = "source"
    CONTENT_REF = "content_ref"
    MASK = "mask"
    CONTROL = "control"


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """What went into a request, as a caller names it: an asset, a character by its id or handle, or a URL.

    `file_id` is of the file of ours that the URL names, if it does; if that is an asset, the asset is meant.
    """

    asset: AssetRef | None = None
    character: str | None = None
    url: str | None = None
    file_id: UUID | None = None
    role: Role | None = None


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where an asset comes from. `endpoint`, `prompt` and `inputs` are those of the request.

    The request made the asset; or the asset went into it, if that is what `declared_source` says.
    """

    request_id: str | None = None
    endpoint: str | None = None
    prompt: str | None = None
    inputs: tuple[Input, ...] = ()
    declared_source: Origin | None = None

    @property
    def origin(self) -> Origin:
        """What was told; else what there is a request or a model for was made by it."""
        return self.declared_source or (Origin.RESPONSE if self.has_generation else Origin.UPLOAD)

    @property
    def has_generation(self) -> bool:
        """Whether a request or a model is named."""
        return self.request_id is not None or self.endpoint is not None

    @property
    def is_output(self) -> bool:
        """Whether the request made the asset, rather than took it in."""
        return self.declared_source is not Origin.REQUEST


class GenerationIO(msgspec.Struct, frozen=True, kw_only=True):
    """What came out of a request or went into it: an asset (of that kind), what is at a URL, or a character."""

    request_id: str
    output: bool = False
    asset_id: UUID | None = None
    kind: Kind | None = None
    url: str | None = None
    character_id: UUID | None = None
    role: Role | None = None


class AssetNode(msgspec.Struct, frozen=True, kw_only=True):
    """An asset in a graph, the request that made it, and its file; without one it is deleted, or has expired."""

    key: str
    id: UUID
    kind: Kind
    request_id: str | None = None
    file_id: UUID | None = None
    file_name: str = ""


class UrlNode(msgspec.Struct, frozen=True, kw_only=True):
    """An input that was never captured."""

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
    """A character that a request referred to; without a handle it is deleted."""

    key: str
    id: UUID
    name: str | None = None
    handle: str | None = None


Node = AssetNode | UrlNode | RequestNode | CharacterNode


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """From one node's key to another's, as generation flows: into a request, or out of it."""

    start: str
    end: str
    output: bool
    role: Role | None = None


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """What an asset was made from and what was made of it. `truncated`: there is more within that depth."""

    focus: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool
