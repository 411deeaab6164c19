"""Where a registered asset comes from: fields that fal's registration has not, and its clients leave out."""

from typing import Annotated

import msgspec

from mediatheque.http.context import AppRequest
from mediatheque.http.request.generation_inputs import MAX_INPUTS, Name, Url, generation_input
from mediatheque.model import Input, Origin, Provenance, Role


class NamedInput(msgspec.Struct, frozen=True, kw_only=True):
    """What went into the request, by one of four names; `character` is an id or an @handle."""

    vector_id: Name | None = None
    request_id: Name | None = None
    url: Url | None = None
    character: Name | None = None
    role: Role | None = None

    def read(self, request: AppRequest) -> Input:
        """The same in the library's words. `Invalid` unless there is one name, `AssetNotFound` for no id of ours."""
        return generation_input(
            request,
            asset_id=self.vector_id,
            request_id=self.request_id,
            url=self.url,
            character=self.character,
            role=self.role,
        )


class ProvenanceFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a body that registers an asset may say of the request that made it; `prompt` is fal's own."""

    request_id: Name | None = None
    endpoint: Name | None = None
    prompt: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None
    source: Origin | None = None
    inputs: Annotated[list[NamedInput], msgspec.Meta(max_length=MAX_INPUTS)] = []

    def provenance(self, request: AppRequest) -> Provenance:
        """The same in the library's words."""
        return Provenance(
            request_id=self.request_id,
            endpoint=self.endpoint,
            prompt=self.prompt,
            declared_source=self.source,
            inputs=tuple(each.read(request) for each in self.inputs),
        )
