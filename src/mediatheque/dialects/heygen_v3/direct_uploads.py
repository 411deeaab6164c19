"""HeyGen v3's direct uploads: presign, PUT without an API key, complete."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post, put

from mediatheque.dialects.heygen_v3 import shapes, upload_shapes
from mediatheque.dialects.heygen_v3.ids import parsed_asset_id
from mediatheque.dialects.heygen_v3.policy import IDEMPOTENCY_KEY
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


@post(
    "/v3/assets/direct-uploads",
    status_code=200,
    guards=[require_scope(Scope.UPLOADS_WRITE)],
    request_max_body_size=MAX_BODY,
)
async def presign(request: AppRequest) -> Response[bytes]:
    """POST /v3/assets/direct-uploads: create an upload target for one file. Idempotency-Key: 24 h."""
    wanted = await read_json(request, upload_shapes.DirectUpload)
    declared = [wanted.declared_file()]
    base = request.public_url

    async def work(claim: Claim | None) -> CreatedUploads:
        return await request.library.uploads.direct.create(request.principal, declared, claim)

    def render(created: CreatedUploads) -> tuple[int, bytes]:
        return 200, msgspec.json.encode({"data": upload_shapes.target(created.targets[0], base)})

    return await idempotent(request, work, render, characters=IDEMPOTENCY_KEY)


@put("/v3/assets/direct-uploads/{id:uuid}", status_code=200, request_max_body_size=None)
async def receive(request: AppRequest, id: UUID) -> dict[str, Any]:
    """PUT upload_url: store exactly the declared number of bytes. The token in the URL authorizes the request."""
    upload = await authorize_upload_token(request, id, UploadMethod.DIRECT)
    size = upload.size or 0
    content_length = request.headers.get("content-length")
    if content_length is not None and content_length != str(size):
        raise Invalid(f"{size} bytes were announced, not {content_length[:20]}.", param="size_bytes")
    await request.library.uploads.direct.receive(upload, RawBody(request, name=upload.name, limit=size))
    return {"data": {"asset_id": upload.asset_id.hex if upload.asset_id else "", "status": "uploaded"}}


@post(
    "/v3/assets/{id:str}/complete",
    status_code=200,
    guards=[require_scope(Scope.UPLOADS_WRITE)],
    request_max_body_size=MAX_BODY,
)
async def complete(request: AppRequest, id: str) -> dict[str, Any]:
    """POST /v3/assets/{id}/complete: make the asset from bytes that match the declaration.

    [documented] The status is `processing`; here the asset is already complete.
    """
    wanted = await read_json(request, upload_shapes.Completion, empty=upload_shapes.Completion())
    base = request.public_url
    checksum = upload_shapes.checksum_of(wanted.checksum_sha256)
    with parsed_asset_id(id) as asset_id:
        asset = await request.library.uploads.direct.complete(request.workspace_id, asset_id, checksum)
    return {"data": {**shapes.upload_reply(asset, base)["data"], "status": "processing"}}


ROUTES = (presign, receive, complete)
