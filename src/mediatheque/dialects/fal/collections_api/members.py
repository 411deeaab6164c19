"""fal's collections: the assets in them."""

from litestar import Response, delete, post

from mediatheque.dialects.fal.collections_api.bodies import MAX_BODY
from mediatheque.dialects.fal.collections_api.shared_operations import id_of
from mediatheque.dialects.fal.references import AssetTarget
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.http.request.json import read_json
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope

_MEMBERS = "/v1/assets/collections/{id:str}/assets"


@post(_MEMBERS, status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)], request_max_body_size=MAX_BODY)
async def add_asset(request: AppRequest, id: str) -> Response[bytes]:
    """POST /v1/assets/collections/{collection_id}/assets: add the asset, if it is not in the collection yet."""
    target = await read_json(request, AssetTarget)

    async def work(claim: Claim | None) -> None:
        await request.library.collections.members.add(
            request.workspace_id, id_of(request.library.collections.collections, id), target.reference(), claim
        )

    return await idempotent(request, work, lambda _: (200, b'{"success":true}'), fingerprint(target))


@delete(_MEMBERS, status_code=200, guards=[require_scope(Scope.COLLECTIONS_WRITE)], request_max_body_size=MAX_BODY)
async def remove_asset(request: AppRequest, id: str) -> Response[bytes]:
    """DELETE /v1/assets/collections/{collection_id}/assets, with a body: remove the asset; 204 in any case."""
    target = await read_json(request, AssetTarget)

    async def work(claim: Claim | None) -> None:
        await request.library.collections.members.remove(
            request.workspace_id, id_of(request.library.collections.collections, id), target.reference(), claim
        )

    return await idempotent(request, work, lambda _: (204, b""), fingerprint(target))


ROUTES = (add_asset, remove_asset)
