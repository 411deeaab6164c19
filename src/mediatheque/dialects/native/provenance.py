"""The provenance of new assets as clients of the native API declare it."""

from typing import Annotated

import msgspec

from mediatheque.http.context import AppRequest
from mediatheque.http.request.generation_inputs import MAX_INPUTS, Name, Url, generation_input
from mediatheque.model import Input, Origin, Provenance, Role


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
