"""Versions of an asset's content in the native API: replace it, list what it was, restore and delete that."""

from typing import Annotated, Self
from uuid import UUID

import msgspec

from mediatheque.dialects.native.endpoint import delete, get, post, put
from mediatheque.dialects.native.shapes import AssetShape, Time, file_facts
from mediatheque.errors import (
    AssetNotFound,
    Conflict,
    EmptyFile,
    FetchFailed,
    FileMissing,
    NotFound,
    QuotaExceeded,
    TooLarge,
    TypeMismatch,
    Unreadable,
    UnsupportedKind,
    UrlRefused,
    VersionNotFound,
)
from mediatheque.http.context import AppRequest
from mediatheque.http.request.asset_sources import AssetInput, replace_content
from mediatheque.http.request.pagination import offset_of, offset_token
from mediatheque.http.request.query import query_param
from mediatheque.http.upload.bodies import FormBody, RawBody
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.request import sha256_of
from mediatheque.library.ingest.sources import MAX_INLINE
from mediatheque.model import AssetVersion, Scope

_MAX_BODY = MAX_INLINE * 4 // 3 + 64 * 1024
_REFUSALS = (TooLarge, EmptyFile, UnsupportedKind, TypeMismatch, Unreadable)
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
}
_NAME = {
    "name": "name",
    "in": "query",
    "description": "The name of a file that is sent as it is.",
    "schema": {"type": "string"},
}
_NOT_FOUND = {"id": AssetNotFound, "number": VersionNotFound}


class NewContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the new content comes from. A URL of another server is always read again."""

    source: AssetInput


class VersionShape(msgspec.Struct, frozen=True, kw_only=True):
    """What an asset consists of, or did until `replaced_at`, which is null for the current version.

    `version` is its number: 1, and one more with each replacement. `created_at` is when this content came.
    """

    version: int
    is_current: bool
    name: str
    url: str
    mime_type: str
    size: int
    sha256: str
    crc32: str | None
    width: int | None
    height: int | None
    duration: float | None
    created_at: Time
    replaced_at: Time | None

    @classmethod
    def of(cls, version: AssetVersion, base: str) -> Self:
        """Build the version object."""
        return cls(
            version=version.number,
            is_current=version.replaced_at is None,
            created_at=version.file.created_at,
            replaced_at=version.replaced_at,
            **file_facts(version.file, base),
        )


class VersionPage(msgspec.Struct, frozen=True):
    """A page of an asset's versions; `next_cursor` is null at the end."""

    items: list[VersionShape]
    next_cursor: str | None


class ListVersions(msgspec.Struct, frozen=True):
    """How much to list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


async def _digest(request: AppRequest) -> bytes:
    return await sha256_of(_body(request))


@put(
    "/api/assets/{id}/content",
    scope=Scope.ASSETS_WRITE,
    not_found=AssetNotFound,
    tag="versions",
    consumes=("application/octet-stream", "multipart/form-data"),
    form=_FORM,
    parameters=(_NAME,),
    digest=_digest,
    errors=(*_REFUSALS, FileMissing, QuotaExceeded),
)
async def put_content(request: AppRequest, id: UUID, if_match: str | None, claim: Claim | None) -> AssetShape:
    """Replace the content of an asset, which stays the same asset otherwise.

    The body is the file, of whatever type the asset's kind has, or a form with the part `file`. `?name=` names a file
    that is sent as it is. The kind must stay: an image is replaced by an image. The new content has a URL of its own,
    since URLs of files are cached for good; the former one becomes a version and keeps its URL as long as it is kept.
    The same bytes as the asset has change nothing.
    """
    base, limit = request.public_url, request.context.max_upload_bytes
    asset = await request.library.replacements.replace(
        request.workspace_id, id, _body(request), max_bytes=limit, if_match=if_match, claim=claim
    )
    return AssetShape.of(asset, base)


@post(
    "/api/assets/{id}/versions",
    scope=Scope.ASSETS_WRITE,
    not_found=AssetNotFound,
    tag="versions",
    max_body=_MAX_BODY,
    errors=(*_REFUSALS, AssetNotFound, NotFound, UrlRefused, FetchFailed, QuotaExceeded),
)
async def create_version(
    request: AppRequest, id: UUID, body: NewContent, if_match: str | None, claim: Claim | None
) -> AssetShape:
    """Replace the content of an asset by that of a URL, of another asset, or by base64.

    All else is as for `PUT /api/assets/{id}/content`.
    """
    base = request.public_url
    return AssetShape.of(await replace_content(request, id, body.source, if_match, claim), base)


@get("/api/assets/{id}/versions", scope=Scope.ASSETS_READ, not_found=AssetNotFound, tag="versions")
async def list_versions(request: AppRequest, id: UUID, query: ListVersions) -> VersionPage:
    """List the versions of an asset's content, the current one first, then from the newest on."""
    base = request.public_url
    before = offset_of(query.cursor, param="cursor") or None
    found, more = await request.library.catalog.versions.page(request.workspace_id, id, before, query.limit)
    items = [VersionShape.of(version, base) for version in found]
    return VersionPage(items, offset_token(items[-1].version) if more else None)


@post("/api/assets/{id}/versions/{number}/restore", scope=Scope.ASSETS_WRITE, not_found=_NOT_FOUND, tag="versions")
async def restore_version(
    request: AppRequest, id: UUID, number: int, if_match: str | None, claim: Claim | None
) -> AssetShape:
    """Make the content of an older version the current one again.

    It becomes a version with a number and a URL of its own; the others stay as they are. To restore the current version
    changes nothing.
    """
    base = request.public_url
    return AssetShape.of(
        await request.library.catalog.versions.restore(request.workspace_id, id, number, if_match, claim), base
    )


@delete(
    "/api/assets/{id}/versions/{number}",
    scope=Scope.ASSETS_WRITE,
    status=204,
    not_found=_NOT_FOUND,
    tag="versions",
    errors=(Conflict,),
)
async def delete_version(request: AppRequest, id: UUID, number: int, claim: Claim | None) -> None:
    """Delete an older version for good, with its URL. The current one cannot be deleted alone."""
    file_id = await request.library.catalog.versions.delete(request.workspace_id, id, number, claim)
    request.context.file_cache.invalidate(file_id)


def _body(request: AppRequest) -> FormBody | RawBody:
    """Return the request's body: a form's file, or all of it."""
    limit = request.context.max_upload_bytes
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        return FormBody(request, limit=limit)
    return RawBody(request, name=query_param(request, "name"), limit=limit)


ROUTES = (put_content, create_version, list_versions, restore_version, delete_version)
