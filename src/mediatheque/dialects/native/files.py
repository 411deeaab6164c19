"""The stored files."""

from functools import partial
from uuid import UUID

from litestar import route

from mediatheque.http.context import AppRequest
from mediatheque.http.files.response import FileResponse
from mediatheque.http.request.file_access import authorize_request
from mediatheque.http.urls import FILES


@route(FILES + "/{id:uuid}/{name:str}", http_method=["GET", "HEAD"])
async def serve_file(request: AppRequest, id: UUID, name: str) -> FileResponse:
    """GET and HEAD /files/b/{id}/{name}: the bytes, if the file's ACL allows it. The name is for people only."""
    return await request.context.file_cache.get(id, partial(authorize_request, request))


ROUTES = (serve_file,)
