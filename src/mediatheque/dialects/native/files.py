"""The stored files."""

from functools import partial
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import route

from mediatheque.dialects.native.endpoint import Operation, as_option
from mediatheque.errors import Forbidden
from mediatheque.http.context import AppRequest
from mediatheque.http.files.response import FileResponse
from mediatheque.http.request.file_access import authorize_request
from mediatheque.http.urls import FILES


class FileQuery(msgspec.Struct, frozen=True):
    """How to send the file, and the signature of a signed link."""

    download: Annotated[str, msgspec.Meta(description="Present: as an attachment, whatever its type.")] | None = None
    expires: Annotated[str, msgspec.Meta(description="Part of a signed link.")] | None = None
    signature: Annotated[str, msgspec.Meta(description="Part of a signed link.")] | None = None


async def serve_file(request: AppRequest, id: UUID, name: str) -> FileResponse:
    """Get the bytes of a file, or ranges of them, if its access rules let the caller.

    The name in the path is for people only. A file that is hidden from the caller looks like one that does not exist.
    """
    return await request.context.file_cache.get(id, partial(authorize_request, request))


_OPERATION = Operation(
    method="GET",
    path=FILES + "/{id}/{name}",
    call=serve_file,
    scope=None,
    status=200,
    tag="files",
    errors=(Forbidden,),
    produces=("*/*",),
    answers={
        206: "The ranges that Range names.",
        304: "The client has this version.",
        412: "The file is not the one in If-Match, or is newer than If-Unmodified-Since.",
        416: "The file has none of the bytes that Range names.",
    },
    query=FileQuery,
    path_params={"id": UUID, "name": str},
    result=FileResponse,
)
"""Described only: Litestar checks the id, and the fast path answers most requests before it."""

ROUTES = (route(FILES + "/{id:uuid}/{name:str}", http_method=["GET", "HEAD"], opt=as_option(_OPERATION))(serve_file),)
