"""The provenance of a registered asset: optional fields of ours in the body of fal's registration."""

from typing import Annotated

import msgspec

from mediatheque.http.context import AppRequest
from mediatheque.http.request.generation_inputs import MAX_INPUTS, Name, Url, generation_input
from mediatheque.model import Input, Origin, Provenance, Role


class NamedInput(msgspec.Struct, frozen=True, kw_only=True):
    """An input of the generation; one of the first four fields is given. `character` is an id or an @handle."""

    vector_id: Name | None = None
    request_id: Name | None = None
    url: Url | None = None
    character: Name | None = None
    role: Role | None = None

    def read(self, request: AppRequest) -> Input:
        """Convert to an `Input`. Raises `Invalid` or `AssetNotFound` as `generation_input` does."""
        return generation_input(
            request,
            asset_id=self.vector_id,
            request_id=self.request_id,
            url=self.url,
            character=self.character,
            role=self.role,
        )


class ProvenanceFields(msgspec.Struct, frozen=True, kw_only=True):
    """The request that generated the asset. `prompt` is fal's own field."""

    request_id: Name | None = None
    endpoint: Name | None = None
    prompt: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None
    source: Origin | None = None
    inputs: Annotated[list[NamedInput], msgspec.Meta(max_length=MAX_INPUTS)] = []

    def provenance(self, request: AppRequest) -> Provenance:
        """Convert to a `Provenance`."""
        return Provenance(
            request_id=self.request_id,
            endpoint=self.endpoint,
            prompt=self.prompt,
            declared_source=self.source,
            inputs=tuple(named.read(request) for named in self.inputs),
        )
