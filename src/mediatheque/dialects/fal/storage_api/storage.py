"""fal's storage protocol: the uploads of `fal-client` (PyPI) and `@fal-ai/client` (npm)."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post, put

from mediatheque.dialects.fal.policy import storage_policy
from mediatheque.dialects.fal.storage_api.lifecycle import file_defaults_of
from mediatheque.errors import Invalid, NotFound
from mediatheque.http.asgi import header_text
from mediatheque.http.content_disposition import parse
from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import authorize_upload_token, require_scope
from mediatheque.http.request.json import read_json
from mediatheque.http.upload.bodies import RawBody
from mediatheque.http.urls import file_url, file_url_for
from mediatheque.library.catalog.filenames import safe_name
from mediatheque.library.ingest.request import IngestRequest, sha256_of
from mediatheque.library.uploads.sessions import UploadSession
from mediatheque.model import Scope, Upload, UploadMethod

MAX_BODY = 64 * 1024
_UNNAMED = "upload.bin"


class UploadRequest(msgspec.Struct, frozen=True):
    """The body of an initiate call."""

    file_name: Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    content_type: Annotated[str, msgspec.Meta(max_length=255)] | None = None


@post(
    "/storage/auth/token", status_code=200, guards=[require_scope(Scope.UPLOADS_WRITE)], request_max_body_size=MAX_BODY
)
async def issue_token(request: AppRequest) -> dict[str, Any]:
    """POST /storage/auth/token: a token for /files/upload. The Python client needs the offset in `expires_at`."""
    issued = await request.library.accounts.upload_tokens.issue(request.principal)
    return {
        "token": issued.token,
        "token_type": "Bearer",
        "base_url": request.public_url,
        "expires_at": issued.expires_at.isoformat(),
    }


@post(
    "/files/upload",
    status_code=200,
    guards=[require_scope(Scope.UPLOADS_WRITE, upload_tokens=True)],
    request_max_body_size=None,
)
async def upload_file(request: AppRequest) -> dict[str, str]:
    """POST /files/upload: store the raw body under the name in X-Fal-File-Name; `access_url` can be registered."""
    base, limit = request.public_url, request.context.max_upload_bytes
    ingest_request = IngestRequest(
        workspace_id=request.workspace_id,
        body=RawBody(request, name=file_name(request), limit=limit),
        policy=storage_policy(limit),
        defaults=await file_defaults_of(request),
    )
    file = await request.library.ingest.create_file(ingest_request)
    return {"access_url": file_url(base, file)}


@post(
    "/storage/upload/initiate",
    status_code=200,
    guards=[require_scope(Scope.UPLOADS_WRITE)],
    request_max_body_size=MAX_BODY,
)
async def initiate_upload(request: AppRequest) -> dict[str, str]:
    """POST /storage/upload/initiate: URLs to PUT the bytes to and to read them from. `storage_type` is ignored."""
    wanted = await read_json(request, UploadRequest)
    base = request.public_url
    name = upload_name(wanted.file_name, wanted.content_type)
    defaults = await file_defaults_of(request)
    session = await request.library.uploads.sessions.create(request.principal, name, wanted.content_type, defaults)
    return upload_urls(base, session)


@put("/storage/upload/{id:uuid}", status_code=200, request_max_body_size=None)
async def put_upload(request: AppRequest, id: UUID) -> dict[str, str]:
    """PUT upload_url: store the bytes. The token in the URL authorizes the request; an API key is not read."""
    base, limit = request.public_url, request.context.max_upload_bytes
    upload = await authorize_upload_token(request, id, UploadMethod.SINGLE)
    body = RawBody(request, name=upload.name, limit=limit)
    if upload.completed_at:
        await _expect_same_bytes(request, upload, body)
    else:
        ingest_request = IngestRequest(
            workspace_id=upload.workspace_id,
            body=body,
            policy=storage_policy(limit),
            upload=upload,
            defaults=upload.defaults,
        )
        await request.library.ingest.create_file(ingest_request)
    return {"file_url": file_url_for(base, upload.file_id, upload.name)}


async def _expect_same_bytes(request: AppRequest, upload: Upload, body: RawBody) -> None:
    """Accept a retry with the same bytes after a lost response.

    Raises `Invalid` when the bytes differ, and `NotFound` when the file was deleted.
    """
    file = await request.library.catalog.files.find(upload.workspace_id, upload.file_id)
    if file is None:
        raise NotFound("File not found.")
    if await sha256_of(body) != file.blob.sha256:
        raise Invalid("This upload is complete; its content cannot be changed.")


def upload_name(name: str | None, declared: str | None) -> str:
    """Return the file's name in its URL."""
    return safe_name(name or _UNNAMED, declared or "", "")


def upload_urls(base: str, session: UploadSession) -> dict[str, str]:
    """Build the answer to an initiate call: the upload URL, with its token in the query, and the file's URL."""
    upload = session.upload
    return {
        "upload_url": f"{base}/storage/upload/{upload.id.hex}?token={session.token}",
        "file_url": file_url_for(base, upload.file_id, upload.name),
    }


def content_type(request: AppRequest) -> str | None:
    """Return the type in the Content-Type header, without parameters."""
    return parse(request.headers.get("content-type", ""))[0] or None


def file_name(request: AppRequest) -> str | None:
    """Return the name in X-Fal-File-Name, decoded as UTF-8 if it is valid UTF-8: fal's clients do not escape it."""
    name = request.headers.get("x-fal-file-name")
    return header_text(name) if name else None


ROUTES = (issue_token, upload_file, initiate_upload, put_upload)
