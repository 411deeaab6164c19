"""HeyGen v3's direct uploads: a presign, a PUT without a key, a complete call."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post, put

from mediatheque.dialects.heygen_v3 import shapes, upload_shapes
from mediatheque.dialects.heygen_v3.ids import asset_id_in
from mediatheque.errors import Invalid
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import authorize_upload_token, require_scope
from mediatheque.http.request.idempotency import idempotent
from mediatheque.http.request.json import read_json
from mediatheque.http.upload.bodies import RawBody
from mediatheque.library.idempotency import Claim
from mediatheque.library.uploads.direct import CreatedUploads
from mediatheque.model import Scope, UploadMethod

MAX_BODY = 512 * 1024


@post("/v3/assets/direct-uploads", status_code=200, guards=[require_scope(Scope.WRITE)], request_max_body_size=MAX_BODY)
async def presign(request: AppRequest) -> Response[bytes]:
    """POST /v3/assets/direct-uploads: where to PUT one file; replayed for 24 h under an Idempotency-Key."""
    wanted = await read_json(request, upload_shapes.DirectUpload)
    announced = [wanted.declared_file()]
    base = request.public_url

    async def work(claim: Claim | None) -> CreatedUploads:
        return await request.library.uploads.direct.create(request.principal, announced, claim)

    def render(promised: CreatedUploads) -> tuple[int, bytes]:
        return 200, msgspec.json.encode({"data": upload_shapes.slot(promised.targets[0], base)})

    return await idempotent(request, work, render)


@put("/v3/assets/direct-uploads/{id:uuid}", status_code=200, request_max_body_size=None)
async def receive(request: AppRequest, id: UUID) -> dict[str, Any]:
    """PUT upload_url: exactly the announced bytes. The token in the URL is the permission; no key is read."""
    upload = await authorize_upload_token(request, id, UploadMethod.DIRECT)
    size = upload.size or 0
    declared = request.headers.get("content-length")
    if declared is not None and declared != str(size):
        raise Invalid(f"{size} bytes were announced, not {declared[:20]}.", param="size_bytes")
    await request.library.uploads.direct.receive(upload, RawBody(request, name=upload.name, limit=size))
    return {"data": {"asset_id": upload.asset_id.hex if upload.asset_id else "", "status": "uploaded"}}


@post(
    "/v3/assets/{id:str}/complete",
    status_code=200,
    guards=[require_scope(Scope.WRITE)],
    request_max_body_size=MAX_BODY,
)
async def complete(request: AppRequest, id: str) -> dict[str, Any]:
    """POST /v3/assets/{id}/complete: the asset, once its bytes are there and are what was announced.

    [documented] The status is `processing`, although here nothing is left to do when this answers.
    """
    wanted = await read_json(request, upload_shapes.Completion, empty=upload_shapes.Completion())
    base = request.public_url
    checksum = upload_shapes.checksum_of(wanted.checksum_sha256)
    with asset_id_in(id) as asset_id:
        asset = await request.library.uploads.direct.complete(request.workspace_id, asset_id, checksum)
    return {"data": {**shapes.uploaded(asset, base)["data"], "status": "processing"}}


ROUTES = (presign, receive, complete)
