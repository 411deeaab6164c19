"""The inputs of a generation, as request bodies name them."""

from typing import Annotated
from uuid import UUID

import msgspec

from mediatheque.errors import AssetNotFound, Invalid
from mediatheque.http.context import AppRequest
from mediatheque.http.request.query import parse_id
from mediatheque.model import AssetRef, Input, Role
from mediatheque.model.urls import normal_form

MAX_INPUTS = 100

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Url = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^(?i:https?)://[!-~]+\Z")]


def generation_input(
    request: AppRequest,
    *,
    asset_id: str | None,
    request_id: str | None,
    url: str | None,
    character: str | None,
    role: Role | None,
) -> Input:
    """Return the input with this name; a URL in its normal form, and if it is of this server with the id of its file.

    Raises `Invalid` unless exactly one name is given, and `AssetNotFound` for a malformed id.
    """
    if sum(name is not None for name in (asset_id, request_id, url, character)) != 1:
        raise Invalid("An input has one name: an asset's id, a request_id, a url or a character.", param="inputs")
    if url is not None:
        return Input(url=normal_form(url), file_id=request.context.origins.file_id(request, url), role=role)
    if character is not None:
        return Input(character=character, role=role)
    id: UUID | None = parse_id(asset_id, AssetNotFound(param="inputs")) if asset_id is not None else None
    return Input(asset=AssetRef(asset_id=id, request_id=request_id), role=role)
