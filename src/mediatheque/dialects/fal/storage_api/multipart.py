"""Uploads in parts, as fal's Python client and its JavaScript client each speak them."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, post, put

from mediatheque.dialects.fal.policy import storage_policy
from mediatheque.dialects.fal.storage_api.lifecycle import file_defaults_of
from mediatheque.dialects.fal.storage_api.storage import (
    MAX_BODY,
    UploadRequest,
    content_type,
    file_name,
    upload_name,
    upload_urls,
)
from mediatheque.errors import Invalid, NotFound
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import authorize_upload_token, require_scope
from mediatheque.http.request.json import read_json
from mediatheque.http.upload.bodies import RawBody
from mediatheque.http.urls import file_url_for
from mediatheque.library.uploads.sessions import UploadSession
from mediatheque.model import Scope, Upload, UploadMethod

_MAX_LIST = 4 * 1024 * 1024
_OF_FILE = "/files/b/{id:uuid}/{name:str}/multipart/{upload_id:uuid}"
_PASSES = [require_scope(Scope.WRITE, upload_tokens=True)]


class Part(msgspec.Struct, frozen=True):
    """One part as a client lists it: [observed] both spellings of its number."""

    etag: Annotated[str, msgspec.Meta(max_length=200)]
    part_number: int | None = None
    camel_number: int | None = msgspec.field(default=None, name="partNumber")


class Completion(msgspec.Struct, frozen=True):
    """The body of a complete call: the parts in any order."""

    parts: Annotated[list[Part], msgspec.Meta(max_length=10_000)]

    def by_number(self) -> dict[int, str]:
        """ETags by number; `Invalid` for parts without a number, and for a number given twice."""
        listed = {part.camel_number or part.part_number or 0: part.etag for part in self.parts}
        if 0 in listed or len(listed) < len(self.parts):
            raise Invalid("Each part needs a partNumber of its own.", param="parts")
        return listed


@post("/files/upload/multipart", status_code=200, guards=_PASSES, request_max_body_size=MAX_BODY)
async def begin(request: AppRequest) -> dict[str, str]:
    """POST /files/upload/multipart (Python): a URL to put parts below, which is also the file's."""
    base = request.public_url
    session = await _create(request, file_name(request), content_type(request))
    upload = session.upload
    return {"access_url": file_url_for(base, upload.file_id, upload.name), "uploadId": upload.id.hex}


@put(_OF_FILE + "/{number:int}", status_code=200, guards=_PASSES, request_max_body_size=None)
async def put_part_of_file(request: AppRequest, id: UUID, name: str, upload_id: UUID, number: int) -> Response[bytes]:
    """PUT {access_url}/multipart/{uploadId}/{n} (Python): one part."""
    return await _put_part(request, await _own(request, id, upload_id), number)


@post(_OF_FILE + "/complete", status_code=200, guards=_PASSES, request_max_body_size=_MAX_LIST)
async def complete_file(request: AppRequest, id: UUID, name: str, upload_id: UUID) -> dict[str, str]:
    """POST {access_url}/multipart/{uploadId}/complete (Python): the file."""
    return await _complete(request, await _own(request, id, upload_id))


@post(
    "/storage/upload/initiate-multipart",
    status_code=200,
    guards=[require_scope(Scope.WRITE)],
    request_max_body_size=MAX_BODY,
)
async def initiate(request: AppRequest) -> dict[str, str]:
    """POST /storage/upload/initiate-multipart (JavaScript): a URL that carries its permission in the query."""
    promise = await read_json(request, UploadRequest)
    base = request.public_url
    return upload_urls(base, await _create(request, promise.file_name, promise.content_type))


@put("/storage/upload/{id:uuid}/{number:int}", status_code=200, request_max_body_size=None)
async def put_part(request: AppRequest, id: UUID, number: int) -> Response[bytes]:
    """PUT {upload_url}/{n} (JavaScript): one part; the token is the permission."""
    return await _put_part(request, await authorize_upload_token(request, id, UploadMethod.MULTIPART), number)


@post("/storage/upload/{id:uuid}/complete", status_code=200, request_max_body_size=_MAX_LIST)
async def complete(request: AppRequest, id: UUID) -> dict[str, str]:
    """POST {upload_url}/complete (JavaScript): the file."""
    return await _complete(request, await authorize_upload_token(request, id, UploadMethod.MULTIPART))


async def _create(request: AppRequest, name: str | None, declared: str | None) -> UploadSession:
    return await request.library.uploads.multipart.create(
        request.principal, upload_name(name, declared), declared, await file_defaults_of(request)
    )


async def _own(request: AppRequest, file_id: UUID, upload_id: UUID) -> Upload:
    upload = await request.library.uploads.sessions.find(request.workspace_id, upload_id, UploadMethod.MULTIPART)
    if upload.file_id != file_id:
        raise NotFound("Upload not found or expired.")
    return upload


async def _put_part(request: AppRequest, upload: Upload, number: int) -> Response[bytes]:
    """[observed] Python reads the ETag from the header, JavaScript from the body."""
    limit = request.context.max_upload_bytes
    body = RawBody(request, name=upload.name, limit=limit)
    piece = await request.library.uploads.multipart.put_part(upload, number, body, limit)
    etag = f'"{piece.sha256.hex()}"'
    shown = msgspec.json.encode({"partNumber": number, "etag": etag})
    return Response(shown, headers={"ETag": etag}, media_type="application/json")


async def _complete(request: AppRequest, upload: Upload) -> dict[str, str]:
    base = request.public_url
    listed = (await read_json(request, Completion)).by_number()
    file = await request.library.uploads.multipart.complete(
        upload, listed, storage_policy(request.context.max_upload_bytes)
    )
    url = file_url_for(base, file.id, file.name)
    return {"access_url": url, "file_url": url}


ROUTES = (begin, put_part_of_file, complete_file, initiate, put_part, complete)
