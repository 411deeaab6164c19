"""Where an asset comes from, and the graph of what it was made from and what was made of it, at our own door."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get

from mediatheque.dialects.native import shapes
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.generation_inputs import MAX_INPUTS, Name, Url, generation_input
from mediatheque.http.request.pagination import page_size
from mediatheque.http.request.query import query_param
from mediatheque.library.lineage.traverse import MAX_DEPTH
from mediatheque.model import Input, Origin, Provenance, Role, Scope


class NamedInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What went into the request, by one of four names; `character` is an id or an @handle."""

    asset_id: Name | None = None
    request_id: Name | None = None
    url: Url | None = None
    character: Name | None = None
    role: Role | None = None

    def read(self, request: AppRequest) -> Input:
        """The same in the library's words. `Invalid` unless there is one name, `AssetNotFound` for no id."""
        return generation_input(request, **msgspec.structs.asdict(self))


class ProvenanceFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is told of where an asset comes from: `origin` is upload, response (of a request) or request (its input)."""

    origin: Origin | None = None
    request_id: Name | None = None
    endpoint: Name | None = None
    prompt: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None
    inputs: Annotated[tuple[NamedInput, ...], msgspec.Meta(max_length=MAX_INPUTS)] = ()

    def read(self, request: AppRequest) -> Provenance:
        """The same in the library's words."""
        return Provenance(
            declared_source=self.origin,
            request_id=self.request_id,
            endpoint=self.endpoint,
            prompt=self.prompt,
            inputs=tuple(each.read(request) for each in self.inputs),
        )


@get("/api/assets/{id:uuid}/lineage", guards=[require_scope(Scope.READ)])
async def get_lineage(request: AppRequest, id: UUID) -> dict[str, Any]:
    """GET /api/assets/{id}/lineage?depth=: what it was made from, and what was made of it."""
    base = request.public_url
    depth = page_size(query_param(request, "depth"), minimum=1, maximum=MAX_DEPTH, default=MAX_DEPTH, param="depth")
    lineage = await request.library.lineage.get(request.workspace_id, id, depth)
    return shapes.lineage(lineage, base)


ROUTES = (get_lineage,)
