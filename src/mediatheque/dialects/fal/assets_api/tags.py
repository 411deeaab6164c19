"""fal's tags: list, create, rename, delete."""

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, patch, post

from mediatheque.dialects.fal.assets_api import shapes
from mediatheque.dialects.fal.references import parse_id_or_404
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope, Tag

_MAX_BODY = 64 * 1024

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class NewTag(msgspec.Struct, frozen=True):
    """The body of POST /v1/assets/tags, as documented."""

    name: Name


class ChangedTag(msgspec.Struct, frozen=True):
    """The body of PATCH /v1/assets/tags/{tag_id}, as documented."""

    name: Name | msgspec.UnsetType = msgspec.UNSET


@get("/v1/assets/tags", guards=[require_scope(Scope.COLLECTIONS_READ)])
async def list_tags(request: AppRequest) -> dict[str, Any]:
    """GET /v1/assets/tags: all tags by name. [documented] Without pages."""
    tags = await request.library.catalog.tags.list(request.workspace_id)
    return {"tags": [shapes.tag(tag) for tag in tags]}


@post("/v1/assets/tags", guards=[require_scope(Scope.COLLECTIONS_WRITE)], request_max_body_size=_MAX_BODY)
async def create_tag(request: AppRequest) -> Response[bytes]:
    """POST /v1/assets/tags: create a tag; 201."""
    wanted = await read_json(request, NewTag)
    tags = request.library.catalog.tags

    async def work(claim: Claim | None) -> Tag:
        return await tags.create(request.workspace_id, wanted.name, claim)

    return await idempotent(request, work, lambda tag: (201, _tag_json(tag)), fingerprint(wanted))


@patch("/v1/assets/tags/{id:str}", guards=[require_scope(Scope.COLLECTIONS_WRITE)], request_max_body_size=_MAX_BODY)
async def update_tag(request: AppRequest, id: str) -> Response[bytes]:
    """PATCH /v1/assets/tags/{tag_id}: rename the tag; an absent name changes nothing."""
    wanted = await read_json(request, ChangedTag)
    tags = request.library.catalog.tags
    name = None if wanted.name is msgspec.UNSET else wanted.name

    async def work(claim: Claim | None) -> Tag:
        return await tags.rename(request.workspace_id, parse_id_or_404(id, "Tag", "tag_id"), name, claim)

    return await idempotent(request, work, lambda tag: (200, _tag_json(tag)), fingerprint(wanted))


@delete("/v1/assets/tags/{id:str}", status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)])
async def delete_tag(request: AppRequest, id: str) -> Response[bytes]:
    """DELETE /v1/assets/tags/{tag_id}: remove the tag from all assets and delete it; 204."""
    tags = request.library.catalog.tags

    async def work(claim: Claim | None) -> None:
        await tags.delete(request.workspace_id, parse_id_or_404(id, "Tag", "tag_id"), claim)

    return await idempotent(request, work, lambda _: (204, b""), fingerprint(None))


def _tag_json(tag: Tag) -> bytes:
    return msgspec.json.encode({"tag": shapes.tag(tag)})


ROUTES = (list_tags, create_tag, update_tag, delete_tag)
