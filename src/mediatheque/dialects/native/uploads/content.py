"""One file as the body of a request."""

import re
from base64 import b64decode
from typing import Annotated
from uuid import UUID

import msgspec

from mediatheque.dialects.native.catalog.details import Caption, ExternalId, Ids, Title
from mediatheque.dialects.native.endpoint import post, put
from mediatheque.dialects.native.shapes import AssetShape
from mediatheque.dialects.native.uploads.store import store
from mediatheque.errors import (
    Conflict,
    DeclaredTypeMismatch,
    EmptyFile,
    FolderNotFound,
    Invalid,
    Malformed,
    NotFound,
    QuotaExceeded,
    ScopeMissing,
    TooLarge,
    TypeMismatch,
    Unreadable,
    UnsupportedKind,
)
from mediatheque.http.content_disposition import filename, parse
from mediatheque.http.context import AppRequest
from mediatheque.http.request.json import decode_json
from mediatheque.http.upload.bodies import RawBody
from mediatheque.library.catalog.fields import AssetFields, OnConflict
from mediatheque.library.idempotency import Claim
from mediatheque.library.ingest.request import sha256_of
from mediatheque.model import Scope

_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):\s*(?:,|$)")
_MAX_METADATA = 16 * 1024
_ERRORS = (
    NotFound,
    FolderNotFound,
    Conflict,
    Invalid,
    TooLarge,
    EmptyFile,
    UnsupportedKind,
    DeclaredTypeMismatch,
    TypeMismatch,
    Unreadable,
    QuotaExceeded,
)
_TOO_LONG = {414: "The URL is longer than 64 KiB."}
_DIGEST_HEADER = {
    "name": "Content-Digest",
    "in": "header",
    "description": "The SHA-256 of the bytes as RFC 9530 writes it: other bytes are refused.",
    "schema": {"type": "string"},
}


class ContentFields(msgspec.Struct, frozen=True, kw_only=True):
    """What the file is called and where it belongs. `metadata` is a JSON object; `tags` are names."""

    name: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    title: Title | None = None
    caption: Caption | None = None
    favorite: bool = False
    tags: tuple[str, ...] = ()
    tag_ids: Ids = ()
    collection_ids: Ids = ()
    folder_id: UUID | None = None
    metadata: Annotated[str, msgspec.Meta(max_length=_MAX_METADATA)] | None = None
    external_id: ExternalId | None = None
    on_conflict: OnConflict = OnConflict.ERROR

    def fields(self, request: AppRequest, on_conflict: OnConflict) -> AssetFields:
        """Convert to the fields of the asset. Raises `Invalid` and `ScopeMissing` as the JSON body does."""
        if on_conflict is OnConflict.UPDATE and not request.principal.allows(Scope.ASSETS_WRITE):
            raise ScopeMissing("This API key lacks the scope 'assets:write', which updates need.")
        return AssetFields(
            title=self.title,
            caption=self.caption,
            favorite=self.favorite,
            tags=self.tags,
            tag_ids=self.tag_ids,
            collection_ids=self.collection_ids,
            folder_id=self.folder_id,
            metadata=_object(self.metadata),
            external_id=self.external_id,
            on_conflict=on_conflict,
        )


class KeyedContent(ContentFields, frozen=True, kw_only=True):
    """The same, with the key under which the file is stored: its `external_id`."""

    external_id: ExternalId


async def _digest(request: AppRequest) -> bytes:
    return await sha256_of(_body(request, None))


@post(
    "/api/assets/content",
    scope=Scope.UPLOADS_WRITE,
    status=201,
    consumes=("application/octet-stream",),
    parameters=(_DIGEST_HEADER,),
    digest=_digest,
    errors=_ERRORS,
    answers=_TOO_LONG,
)
async def upload_content(request: AppRequest, query: ContentFields, claim: Claim | None) -> AssetShape:
    """Upload one file as the body.

    Its type is found out by its bytes, whatever Content-Type says. The name is that of the query, or of the header
    Content-Disposition.
    """
    base, fields = request.public_url, query.fields(request, query.on_conflict)
    return AssetShape.of(await store(request, _body(request, query.name), fields, claim, sha256=_sha256(request)), base)


@put(
    "/api/assets/content",
    scope=Scope.ASSETS_WRITE,
    consumes=("application/octet-stream",),
    parameters=(_DIGEST_HEADER,),
    digest=_digest,
    errors=_ERRORS,
    answers=_TOO_LONG,
)
async def upload_content_as(request: AppRequest, query: KeyedContent, claim: Claim | None) -> AssetShape:
    """Upload one file under your own id, as an object is put into a bucket under its key.

    The asset with the `external_id` gets the content, as a new version, and the fields that are given; without one, it
    is made.
    """
    base, fields = request.public_url, query.fields(request, OnConflict.UPDATE)
    return AssetShape.of(await store(request, _body(request, query.name), fields, claim, sha256=_sha256(request)), base)


def _body(request: AppRequest, name: str | None) -> RawBody:
    """Return the body. Raises `Malformed` for a form, which is not what it contains."""
    if parse(request.headers.get("content-type", ""))[0].startswith("multipart/"):
        raise Malformed("Send the file itself as the body; POST /api/assets/upload takes forms.", param="Content-Type")
    name = name or filename(parse(request.headers.get("content-disposition", ""))[1])
    return RawBody(request, name=name, limit=request.context.max_upload_bytes)


def _sha256(request: AppRequest) -> bytes | None:
    """Return the SHA-256 in Content-Digest or Repr-Digest. Raises `Invalid` when it is not one; others are ignored."""
    for header in ("Content-Digest", "Repr-Digest"):
        sent = request.headers.get(header)
        if sent and "sha-256=" in sent:
            found = _SHA256.search(sent)
            if found is None:
                raise Invalid(f"{header} must be sha-256=:<Base64 of 32 bytes>:.", param=header)
            return b64decode(found[1])
    return None


def _object(text: str | None) -> dict[str, object]:
    if text is None:
        return {}
    try:
        return decode_json(text.encode(), dict[str, object])
    except (Malformed, Invalid) as error:
        raise Invalid("metadata is not a JSON object.", param="metadata") from error


ROUTES = (upload_content, upload_content_as)
