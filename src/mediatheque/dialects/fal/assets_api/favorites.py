"""fal's favorite assets."""

import msgspec
from litestar import Response, post

from mediatheque.dialects.fal.references import AssetTarget
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope

_MAX_BODY = 64 * 1024


@post(
    "/v1/assets/favorite", status_code=200, guards=[require_scope(Scope.ASSETS_WRITE)], request_max_body_size=_MAX_BODY
)
async def favorite_asset(request: AppRequest) -> Response[bytes]:
    """POST /v1/assets/favorite: mark the asset as a favorite."""
    return await _set_favorite(request, True)


@post(
    "/v1/assets/unfavorite",
    status_code=200,
    guards=[require_scope(Scope.ASSETS_WRITE)],
    request_max_body_size=_MAX_BODY,
)
async def unfavorite_asset(request: AppRequest) -> Response[bytes]:
    """POST /v1/assets/unfavorite: remove the mark."""
    return await _set_favorite(request, False)


async def _set_favorite(request: AppRequest, favorite: bool) -> Response[bytes]:
    target = await read_json(request, AssetTarget)
    assets = request.library.catalog.assets

    async def work(claim: Claim | None) -> bool:
        return await assets.set_favorite(request.workspace_id, target.reference(), favorite, claim)

    return await idempotent(request, work, _render, fingerprint(target))


def _render(favorite: bool) -> tuple[int, bytes]:
    return 200, msgspec.json.encode({"is_favorited": favorite})


ROUTES = (favorite_asset, unfavorite_asset)
