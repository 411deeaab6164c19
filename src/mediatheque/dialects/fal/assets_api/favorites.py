"""fal's favourites."""

from typing import Any

import msgspec
from litestar import Request, Response, post

from mediatheque.dialects.fal.assets_api.targets import Target
from mediatheque.http.context import context_of
from mediatheque.http.request.auth import caller_of, needs
from mediatheque.http.request.idempotency import fingerprint, once
from mediatheque.http.request.json import read_json
from mediatheque.library.idempotency import Receipt
from mediatheque.model import Scope

_MAX_BODY = 64 * 1024


@post("/v1/assets/favorite", status_code=200, guards=[needs(Scope.WRITE)], request_max_body_size=_MAX_BODY)
async def favorite_asset(request: Request[Any, Any, Any]) -> Response[bytes]:
    """POST /v1/assets/favorite: make the asset a favourite, unless it is one."""
    return await _marked(request, True)


@post("/v1/assets/unfavorite", status_code=200, guards=[needs(Scope.WRITE)], request_max_body_size=_MAX_BODY)
async def unfavorite_asset(request: Request[Any, Any, Any]) -> Response[bytes]:
    """POST /v1/assets/unfavorite: make it none, if it is one."""
    return await _marked(request, False)


async def _marked(request: Request[Any, Any, Any], favorite: bool) -> Response[bytes]:
    target = await read_json(request, Target)
    favorites, workspace_id = context_of(request).library.favorites, caller_of(request).workspace_id

    async def work(receipt: Receipt | None) -> bool:
        return await favorites.mark(workspace_id, target.reference(), favorite, receipt)

    return await once(request, work, _render, fingerprint(target))


def _render(favorite: bool) -> tuple[int, bytes]:
    return 200, msgspec.json.encode({"is_favorited": favorite})


ROUTES = (favorite_asset, unfavorite_asset)
