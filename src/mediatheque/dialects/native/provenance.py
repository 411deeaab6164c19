"""Provenance and lineage in the native API."""

from typing import Annotated, Any

import msgspec
from litestar import get

from mediatheque.dialects.native import shapes
from mediatheque.errors import AssetNotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.generation_inputs import MAX_INPUTS, Name, Url, generation_input
from mediatheque.http.request.pagination import page_size
from mediatheque.http.request.query import parse_id, query_param
from mediatheque.library.lineage.traverse import MAX_DEPTH
from mediatheque.model import Input, Origin, Provenance, Role, Scope


class NamedInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An input of the generation; one of the first four fields is given. `character` is an id or an @handle."""

    asset_id: Name | None = None
    request_id: Name | None = None
    url: Url | None = None
    character: Name | None = None
    role: Role | None = None

    def read(self, request: AppRequest) -> Input:
        """Convert to an `Input`. Raises `Invalid` or `AssetNotFound` as `generation_input` does."""
        return generation_input(request, **msgspec.structs.asdict(self))


class ProvenanceFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The provenance that the client declares. `origin` is upload, response (an output) or request (an input)."""

    origin: Origin | None = None
    request_id: Name | None = None
    endpoint: Name | None = None
    prompt: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None
    inputs: Annotated[tuple[NamedInput, ...], msgspec.Meta(max_length=MAX_INPUTS)] = ()

    def read(self, request: AppRequest) -> Provenance:
        """Convert to a `Provenance`."""
        return Provenance(
            declared_source=self.origin,
            request_id=self.request_id,
            endpoint=self.endpoint,
            prompt=self.prompt,
            inputs=tuple(named.read(request) for named in self.inputs),
        )


@get("/api/assets/{id:str}/lineage", guards=[require_scope(Scope.READ)])
async def get_lineage(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /api/assets/{id}/lineage?depth=: the graph of what the asset was made from and used for."""
    base = request.public_url
    depth = page_size(query_param(request, "depth"), minimum=1, maximum=MAX_DEPTH, default=MAX_DEPTH, param="depth")
    lineage = await request.library.lineage.get(request.workspace_id, parse_id(id, AssetNotFound), depth)
    return shapes.lineage(lineage, base)


ROUTES = (get_lineage,)
