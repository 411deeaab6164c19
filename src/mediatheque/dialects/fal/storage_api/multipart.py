"""Multipart uploads, in the protocols of fal's Python client, its JavaScript client and its serverless SDK."""

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

_MAX_COMPLETION = 4 * 1024 * 1024
_FILE_UPLOAD = "/files/b/{id:uuid}/{name:str}/multipart/{upload_id:uuid}"
_GCS_UPLOAD = "/storage/upload/{id:uuid}/gcs/{token:str}"
_TOKEN_PREFIX = "mtu_"  # noqa: S105 - no secret
"""Of a token in a path: logs hide what follows it."""
_KEY_OR_TOKEN = [require_scope(Scope.UPLOADS_WRITE, upload_tokens=True)]


class CompletedPart(msgspec.Struct, frozen=True):
    """One part in a complete call. [observed] Clients spell its number in two ways."""

    etag: Annotated[str, msgspec.Meta(max_length=200)]
    part_number: int | None = None
    camel_number: int | None = msgspec.field(default=None, name="partNumber")


class Completion(msgspec.Struct, frozen=True):
    """The body of a complete call: the parts in any order."""

    parts: Annotated[list[CompletedPart], msgspec.Meta(max_length=10_000)]

    def by_number(self) -> dict[int, str]:
        """Return the ETags by part number. Raises `Invalid` when a number is missing or given twice."""
        listed = {part.camel_number or part.part_number or 0: part.etag for part in self.parts}
        if 0 in listed or len(listed) < len(self.parts):
            raise Invalid("Each part needs a partNumber of its own.", param="parts")
        return listed


@post("/files/upload/multipart", status_code=200, guards=_KEY_OR_TOKEN, request_max_body_size=MAX_BODY)
async def begin(request: AppRequest) -> dict[str, str]:
    """POST /files/upload/multipart (Python): start; the answer's URL is the file's, and parts are PUT below it."""
    base = request.public_url
    session = await _create(request, file_name(request), content_type(request))
    upload = session.upload
    return {"access_url": file_url_for(base, upload.file_id, upload.name), "uploadId": upload.id.hex}


@put(_FILE_UPLOAD + "/{number:int}", status_code=200, guards=_KEY_OR_TOKEN, request_max_body_size=None)
async def put_part_of_file(request: AppRequest, id: UUID, name: str, upload_id: UUID, number: int) -> Response[bytes]:
    """PUT {access_url}/multipart/{uploadId}/{n} (Python): store a part."""
    return await _put_part(request, await _find_upload(request, id, upload_id), number)


@post(_FILE_UPLOAD + "/complete", status_code=200, guards=_KEY_OR_TOKEN, request_max_body_size=_MAX_COMPLETION)
async def complete_file(request: AppRequest, id: UUID, name: str, upload_id: UUID) -> dict[str, str]:
    """POST {access_url}/multipart/{uploadId}/complete (Python): assemble the file."""
    return await _complete(request, await _find_upload(request, id, upload_id))


@post(
    "/storage/upload/initiate-multipart",
    status_code=200,
    guards=[require_scope(Scope.UPLOADS_WRITE)],
    request_max_body_size=MAX_BODY,
)
async def initiate(request: AppRequest) -> dict[str, str]:
    """POST /storage/upload/initiate-multipart (JavaScript, SDK): start. The upload URL carries its token.

    [observed] The JavaScript client keeps the query of `upload_url` when it appends to the path. The SDK, which asks
    for `storage_type=gcs`, appends to the whole URL, so there the token is in the path.
    """
    wanted = await read_json(request, UploadRequest)
    base = request.public_url
    session = await _create(request, wanted.file_name, wanted.content_type)
    urls = upload_urls(base, session)
    if request.query_params.get("storage_type") == "gcs":
        urls["upload_url"] = f"{base}/storage/upload/{session.upload.id.hex}/gcs/{_TOKEN_PREFIX}{session.token}"
    return urls


@put("/storage/upload/{id:uuid}/{number:int}", status_code=200, request_max_body_size=None)
async def put_part(request: AppRequest, id: UUID, number: int) -> Response[bytes]:
    """PUT {upload_url}/{n} (JavaScript): store a part; the token authorizes the request."""
    return await _put_part(request, await authorize_upload_token(request, id, UploadMethod.MULTIPART), number)


@post("/storage/upload/{id:uuid}/complete", status_code=200, request_max_body_size=_MAX_COMPLETION)
async def complete(request: AppRequest, id: UUID) -> dict[str, str]:
    """POST {upload_url}/complete (JavaScript): assemble the file."""
    return await _complete(request, await authorize_upload_token(request, id, UploadMethod.MULTIPART))


@post(_GCS_UPLOAD + "/{number:int}", status_code=200, request_max_body_size=MAX_BODY)
async def open_part(request: AppRequest, id: UUID, token: str, number: int) -> dict[str, str]:
    """POST {upload_url}/{n} (SDK): the URL to PUT this part to, which needs no key."""
    base = request.public_url
    presented = token.removeprefix(_TOKEN_PREFIX)
    upload = await authorize_upload_token(request, id, UploadMethod.MULTIPART, presented)
    request.library.uploads.multipart.expect_part(upload, number)
    return {"upload_url": f"{base}/storage/upload/{upload.id.hex}/{number}?token={presented}"}


@post(_GCS_UPLOAD + "/complete", status_code=200, request_max_body_size=_MAX_COMPLETION)
async def complete_gcs(request: AppRequest, id: UUID, token: str) -> dict[str, str]:
    """POST {upload_url}/complete (SDK): assemble the file."""
    presented = token.removeprefix(_TOKEN_PREFIX)
    return await _complete(request, await authorize_upload_token(request, id, UploadMethod.MULTIPART, presented))


async def _create(request: AppRequest, name: str | None, declared: str | None) -> UploadSession:
    return await request.library.uploads.multipart.create(
        request.principal, upload_name(name, declared), declared, await file_defaults_of(request)
    )


async def _find_upload(request: AppRequest, file_id: UUID, upload_id: UUID) -> Upload:
    upload = await request.library.uploads.sessions.find(request.workspace_id, upload_id, UploadMethod.MULTIPART)
    if upload.file_id != file_id:
        raise NotFound("Upload not found or expired.")
    return upload


async def _put_part(request: AppRequest, upload: Upload, number: int) -> Response[bytes]:
    """Store a part. [observed] The Python client reads the ETag in the header, the JavaScript client in the body."""
    limit = request.context.max_upload_bytes
    body = RawBody(request, name=upload.name, limit=limit)
    part = await request.library.uploads.multipart.put_part(upload, number, body, limit)
    etag = f'"{part.sha256.hex()}"'
    reply = msgspec.json.encode({"partNumber": number, "etag": etag})
    return Response(reply, headers={"ETag": etag}, media_type="application/json")


async def _complete(request: AppRequest, upload: Upload) -> dict[str, str]:
    base = request.public_url
    listed = (await read_json(request, Completion)).by_number()
    file = await request.library.uploads.multipart.complete(
        upload, listed, storage_policy(request.context.max_upload_bytes)
    )
    url = file_url_for(base, file.id, file.name)
    return {"access_url": url, "file_url": url}


ROUTES = (begin, put_part_of_file, complete_file, initiate, put_part, complete, open_part, complete_gcs)
