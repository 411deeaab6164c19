"""Files, health and metrics."""

from functools import partial
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, route

from mediatheque.dialects.native.errors import ERRORS
from mediatheque.errors import Unavailable
from mediatheque.http.context import context_of
from mediatheque.http.dialect import router
from mediatheque.http.files.response import FileResponse
from mediatheque.http.metrics import CONTENT_TYPE
from mediatheque.http.request.file_access import authorize_request
from mediatheque.http.urls import FILES
from mediatheque.library.tasks import depths


@route(FILES + "/{id:uuid}/{name:str}", http_method=["GET", "HEAD"])
async def serve_file(request: Request[Any, Any, Any], id: UUID, name: str) -> FileResponse:
    """GET and HEAD /files/b/{id}/{name}: the bytes, for whom the file's access lets. The name is for people."""
    return await context_of(request).file_cache.get(id, partial(authorize_request, request))


@get("/healthz")
async def healthz() -> dict[str, str]:
    """GET /healthz: this process is alive."""
    return {"status": "alive"}


@get("/readyz")
async def readyz(request: Request[Any, Any, Any]) -> dict[str, str]:
    """GET /readyz: database and blobs answer; else 503."""
    await context_of(request).library.ready()
    return {"status": "ready"}


@get("/metrics")
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """GET /metrics: for Prometheus. What the database would have to tell is missing while it is away."""
    context = context_of(request)
    try:
        waiting = await depths(context.library.database)
    except Unavailable:
        waiting = {}
    return Response(context.metrics.render(waiting), media_type=CONTENT_TYPE)


ROUTER = router(ERRORS, [serve_file, healthz, readyz, metrics])
