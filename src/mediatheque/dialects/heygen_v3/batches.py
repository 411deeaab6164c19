"""HeyGen v3's batches of direct uploads, and the status of uploads by their ids."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from mediatheque.dialects.heygen_v3 import upload_shapes
from mediatheque.dialects.heygen_v3.direct_uploads import MAX_BODY
from mediatheque.dialects.heygen_v3.policy import IDEMPOTENCY_KEY
from mediatheque.errors import Invalid, NotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.http.request.idempotency import idempotent
from mediatheque.http.request.json import read_json
from mediatheque.http.request.pagination import offset_of, offset_token, page_size
from mediatheque.http.request.query import parse_id
from mediatheque.library.idempotency import Claim
from mediatheque.library.uploads.batches import Batches
from mediatheque.library.uploads.direct import CreatedUploads
from mediatheque.model import Scope

_MAX_IDS = 100


@post(
    "/v3/assets/direct-uploads/batches",
    status_code=200,
    guards=[require_scope(Scope.UPLOADS_WRITE)],
    request_max_body_size=MAX_BODY,
)
async def presign(request: AppRequest) -> Response[bytes]:
    """POST /v3/assets/direct-uploads/batches: create upload targets for up to a hundred files, in their order."""
    wanted = await read_json(request, upload_shapes.DirectBatch)
    declared = [file.declared_file() for file in wanted.files]
    base = request.public_url

    async def work(claim: Claim | None) -> CreatedUploads:
        return await request.library.uploads.direct.create(
            request.principal, declared, claim, batched=True, title=wanted.title
        )

    def render(created: CreatedUploads) -> tuple[int, bytes]:
        items = [upload_shapes.target(target, base) for target in created.targets]
        batch_id = created.batch.id.hex if created.batch else None
        return 200, msgspec.json.encode({"data": {"batch_id": batch_id, "items": items}})

    return await idempotent(request, work, render, characters=IDEMPOTENCY_KEY)


@post(
    "/v3/assets/complete/batches",
    status_code=202,
    guards=[require_scope(Scope.UPLOADS_WRITE)],
    request_max_body_size=MAX_BODY,
)
async def complete(request: AppRequest) -> dict[str, Any]:
    """POST /v3/assets/complete/batches: 202; the worker checks and completes each file."""
    wanted = await read_json(request, upload_shapes.BatchCompletion)
    batches = request.library.uploads.batches
    batch = await batches.request_completion(request.workspace_id, _batch_id(wanted.batch_id))
    return {"data": {"batch_id": batch.id.hex}}


@get("/v3/assets/batches/{id:str}", guards=[require_scope(Scope.ASSETS_READ)])
async def progress(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v3/assets/batches/{id}: the progress of a batch, with a page of its items."""
    query = request.query_params
    limit = page_size(query.get("limit"), minimum=1, maximum=100, default=100)
    start = offset_of(query.get("token"))
    found = await request.library.uploads.batches.progress(request.workspace_id, _batch_id(id))
    page = list(found.items[start : start + limit])
    more = start + limit < len(found.items)
    return upload_shapes.batch(found, page, offset_token(start + limit) if more else None)


@get("/v3/assets/statuses", guards=[require_scope(Scope.ASSETS_READ)])
async def statuses(request: AppRequest) -> dict[str, Any]:
    """GET /v3/assets/statuses?asset_ids=a,b&batch_ids=c: in the order of the query; unknown ids are `not_found`."""
    query = request.query_params
    limit = page_size(query.get("limit"), minimum=1, maximum=100, default=100)
    start = offset_of(query.get("token"))
    asset_ids, batch_ids = _ids(query.get("asset_ids")), _ids(query.get("batch_ids"))
    if not 1 <= len(asset_ids) + len(batch_ids) <= _MAX_IDS:
        raise Invalid(f"Ask for 1 to {_MAX_IDS} asset_ids and batch_ids.", param="asset_ids")
    page: list[dict[str, Any]] = []
    index = 0
    async for shape in _statuses(request.library.uploads.batches, request.workspace_id, asset_ids, batch_ids):
        if start <= index < start + limit:
            page.append(shape)
        index += 1
        if index > start + limit:
            break
    more = index > start + limit
    return {"data": page, "has_more": more, "next_token": offset_token(start + limit) if more else None}


async def _statuses(
    batches: Batches, workspace_id: UUID, asset_ids: list[str], batch_ids: list[str]
) -> AsyncIterator[dict[str, Any]]:
    """Yield the status of each asset, then of each item of each batch. A batch is read when iteration reaches it."""
    parsed = {text: _uuid_or_none(text) for text in asset_ids}
    uploads, completed = await batches.find(workspace_id, [id for id in parsed.values() if id])
    for text in asset_ids:
        id = parsed[text]
        if id in uploads:
            yield {**upload_shapes.upload_status(uploads[id]), **_batch_field(uploads[id].batch_id)}
        else:
            yield {"status": "completed" if id in completed else "not_found", "video_id": text}
    for text in batch_ids:
        try:
            batch = await batches.progress(workspace_id, _batch_id(text))
        except NotFound:
            yield {"status": "not_found", "video_id": None, "batch_id": text}
            continue
        for upload in batch.items:
            yield {**upload_shapes.upload_status(upload), **_batch_field(upload.batch_id)}


def _batch_field(id: UUID | None) -> dict[str, str]:
    return {"batch_id": id.hex} if id else {}


def _ids(text: str | None) -> list[str]:
    return [part.strip()[:100] for part in (text or "").split(",") if part.strip()]


def _uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _batch_id(text: str) -> UUID:
    return parse_id(text, NotFound("Batch not found."))


ROUTES = (presign, complete, progress, statuses)
