"""HeyGen v3's batches of direct uploads, and the statuses of many at once."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from mediatheque.dialects.heygen_v3 import upload_shapes
from mediatheque.dialects.heygen_v3.direct_uploads import MAX_BODY
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

_MOST_IDS = 100


@post(
    "/v3/assets/direct-uploads/batches",
    status_code=200,
    guards=[require_scope(Scope.WRITE)],
    request_max_body_size=MAX_BODY,
)
async def presign(request: AppRequest) -> Response[bytes]:
    """POST /v3/assets/direct-uploads/batches: where to PUT up to a hundred files, in their order."""
    wanted = await read_json(request, upload_shapes.DirectBatch)
    announced = [file.declared_file() for file in wanted.files]
    base = request.public_url

    async def work(claim: Claim | None) -> CreatedUploads:
        return await request.library.uploads.direct.create(
            request.principal, announced, claim, batched=True, title=wanted.title
        )

    def render(promised: CreatedUploads) -> tuple[int, bytes]:
        items = [upload_shapes.slot(slot, base) for slot in promised.targets]
        batch_id = promised.batch.id.hex if promised.batch else None
        return 200, msgspec.json.encode({"data": {"batch_id": batch_id, "items": items}})

    return await idempotent(request, work, render)


@post(
    "/v3/assets/complete/batches", status_code=202, guards=[require_scope(Scope.WRITE)], request_max_body_size=MAX_BODY
)
async def complete(request: AppRequest) -> dict[str, Any]:
    """POST /v3/assets/complete/batches: 202; each file is checked by itself, soon, in the worker."""
    wanted = await read_json(request, upload_shapes.BatchCompletion)
    batches = request.library.uploads.batches
    batch = await batches.request(request.workspace_id, _batch_id(wanted.batch_id))
    return {"data": {"batch_id": batch.id.hex}}


@get("/v3/assets/batches/{id:str}", guards=[require_scope(Scope.READ)])
async def progress(request: AppRequest, id: str) -> dict[str, Any]:
    """GET /v3/assets/batches/{id}: how far a batch has come, its items page by page."""
    query = request.query_params
    limit = page_size(query.get("limit"), minimum=1, maximum=100, default=100)
    start = offset_of(query.get("token"))
    found = await request.library.uploads.batches.progress(request.workspace_id, _batch_id(id))
    page = list(found.items[start : start + limit])
    more = start + limit < len(found.items)
    return upload_shapes.batch(found, page, offset_token(start + limit) if more else None)


@get("/v3/assets/statuses", guards=[require_scope(Scope.READ)])
async def statuses(request: AppRequest) -> dict[str, Any]:
    """GET /v3/assets/statuses?asset_ids=a,b&batch_ids=c: in the order asked; unknown and not yours: `not_found`."""
    query = request.query_params
    limit = page_size(query.get("limit"), minimum=1, maximum=100, default=100)
    start = offset_of(query.get("token"))
    asset_ids, batch_ids = _ids(query.get("asset_ids")), _ids(query.get("batch_ids"))
    if not 1 <= len(asset_ids) + len(batch_ids) <= _MOST_IDS:
        raise Invalid(f"Ask for 1 to {_MOST_IDS} asset_ids and batch_ids.", param="asset_ids")
    page: list[dict[str, Any]] = []
    index = 0
    async for shape in _all(request.library.uploads.batches, request.workspace_id, asset_ids, batch_ids):
        if start <= index < start + limit:
            page.append(shape)
        index += 1
        if index > start + limit:
            break
    more = index > start + limit
    return {"data": page, "has_more": more, "next_token": offset_token(start + limit) if more else None}


async def _all(
    batches: Batches, workspace_id: UUID, asset_ids: list[str], batch_ids: list[str]
) -> AsyncIterator[dict[str, Any]]:
    """Every status asked for, the assets first; batches are looked up as far as they are needed."""
    known = {text: _uuid(text) for text in asset_ids}
    promised, there = await batches.find(workspace_id, [id for id in known.values() if id])
    for text in asset_ids:
        id = known[text]
        if id in promised:
            yield {**upload_shapes.item(promised[id]), **_batch_of(promised[id].batch_id)}
        else:
            yield {"status": "completed" if id in there else "not_found", "video_id": text}
    for text in batch_ids:
        try:
            found = await batches.progress(workspace_id, _batch_id(text))
        except NotFound:
            yield {"status": "not_found", "video_id": None, "batch_id": text}
            continue
        for upload in found.items:
            yield {**upload_shapes.item(upload), **_batch_of(upload.batch_id)}


def _batch_of(id: UUID | None) -> dict[str, str]:
    return {"batch_id": id.hex} if id else {}


def _ids(text: str | None) -> list[str]:
    return [part.strip()[:100] for part in (text or "").split(",") if part.strip()]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _batch_id(text: str) -> UUID:
    return parse_id(text, NotFound("Batch not found."))


ROUTES = (presign, complete, progress, statuses)
