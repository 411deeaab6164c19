"""fal's tags on assets."""

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post, put

from mediatheque.dialects.fal.assets_api import shapes
from mediatheque.dialects.fal.references import AssetTarget, Id, parse_id_or_404
from mediatheque.errors import NotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.http.request.query import parse_id
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope, Tag

_MAX_BODY = 256 * 1024


class TagSet(AssetTarget, frozen=True, kw_only=True):
    """The body of PUT /v1/assets/tags: an asset, and its new set of tags."""

    tag_ids: Annotated[list[Id], msgspec.Meta(max_length=1000)]


@get("/v1/assets/{id:str}/tags", guards=[require_scope(Scope.COLLECTIONS_READ)])
async def list_asset_tags(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v1/assets/{vector_id}/tags: [documented] an unknown `vector_id` gets an empty list."""
    asset_tags = request.library.catalog.asset_tags
    try:
        asset_id = parse_id(id, NotFound)
    except NotFound:
        return {"tags": []}
    return {"tags": [shapes.tag(tag) for tag in await asset_tags.list_of(request.workspace_id, asset_id)]}


@put("/v1/assets/tags", guards=[require_scope(Scope.COLLECTIONS_WRITE)], request_max_body_size=_MAX_BODY)
async def set_asset_tags(request: AppRequest) -> Response[bytes]:
    """PUT /v1/assets/tags: replace all tags of the asset."""
    wanted = await read_json(request, TagSet)
    asset_tags = request.library.catalog.asset_tags

    async def work(claim: Claim | None) -> list[Tag]:
        tag_ids = [parse_id_or_404(id, "Tag", "tag_ids") for id in wanted.tag_ids]
        return await asset_tags.replace(request.workspace_id, wanted.reference(), tag_ids, claim)

    def render(tags: list[Tag]) -> tuple[int, bytes]:
        return 200, msgspec.json.encode({"tags": [shapes.tag(tag) for tag in tags]})

    return await idempotent(request, work, render, fingerprint(wanted))


@post(
    "/v1/assets/tags/{id:str}/assign",
    status_code=200,
    guards=[require_scope(Scope.COLLECTIONS_WRITE)],
    request_max_body_size=_MAX_BODY,
)
async def assign_tag(request: AppRequest, id: str) -> Response[bytes]:
    """POST /v1/assets/tags/{tag_id}/assign: add the tag to the asset, if it is not there yet."""
    target = await read_json(request, AssetTarget)
    asset_tags = request.library.catalog.asset_tags

    async def work(claim: Claim | None) -> None:
        await asset_tags.assign(request.workspace_id, parse_id_or_404(id, "Tag", "tag_id"), target.reference(), claim)

    return await idempotent(request, work, lambda _: (200, b'{"success":true}'), fingerprint(target))


@delete(
    "/v1/assets/tags/{id:str}/assign",
    status_code=200,
    guards=[require_scope(Scope.COLLECTIONS_WRITE)],
    request_max_body_size=_MAX_BODY,
)
async def unassign_tag(request: AppRequest, id: str) -> Response[bytes]:
    """DELETE /v1/assets/tags/{tag_id}/assign, with a body: remove the tag from the asset; 204 in any case."""
    target = await read_json(request, AssetTarget)
    asset_tags = request.library.catalog.asset_tags

    async def work(claim: Claim | None) -> None:
        await asset_tags.unassign(request.workspace_id, parse_id_or_404(id, "Tag", "tag_id"), target.reference(), claim)

    return await idempotent(request, work, lambda _: (204, b""), fingerprint(target))


ROUTES = (list_asset_tags, set_asset_tags, assign_tag, unassign_tag)
