"""Several files in one form."""

from collections.abc import Callable

import msgspec
from msgspec import UNSET, UnsetType

from mediatheque.dialects.native.endpoint import post
from mediatheque.dialects.native.errors import ERRORS, Problem
from mediatheque.dialects.native.shapes import AssetShape
from mediatheque.dialects.native.uploads.fields import FormFields
from mediatheque.dialects.native.uploads.store import store
from mediatheque.errors import (
    FileMissing,
    FormRequired,
    InProgress,
    Invalid,
    LibraryError,
    Malformed,
    StorageFull,
    TooLarge,
    Unavailable,
)
from mediatheque.http.context import AppRequest
from mediatheque.http.dialect import error_context
from mediatheque.http.request.idempotency import idempotent_part
from mediatheque.http.upload.files_form import MAX_FILES, FilePart, FilesForm, TextPart
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.idempotency import Claim
from mediatheque.model import Asset, Scope

_MAX_TEXT = 256 * 1024
_FILE = {"type": "string", "contentMediaType": "application/octet-stream"}
_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "asset": {"description": "Several fields at once, as JSON.", "type": "string"},
        "title": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "metadata": {"description": "A JSON object.", "type": "string"},
        "external_id": {"type": "string"},
        "file": {"type": "array", "items": _FILE, "minItems": 1, "maxItems": MAX_FILES},
    },
}


class UploadedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file: the asset, or the problem for which it was refused."""

    name: str | None
    asset: AssetShape | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class UploadedFiles(msgspec.Struct, frozen=True):
    """What became of the files, in their order in the form."""

    items: list[UploadedFile]


async def _digest(request: AppRequest) -> bytes:
    form = _form(request, hashing=True)
    async for _ in form.parts():
        pass
    return form.sha256


@post(
    "/api/assets/upload",
    scope=Scope.UPLOADS_WRITE,
    consumes=("multipart/form-data",),
    form=_FORM,
    digest=_digest,
    errors=(FormRequired, FileMissing, Invalid, TooLarge),
)
async def upload_files(request: AppRequest, claim: Claim | None) -> UploadedFiles:
    """Upload up to 100 files in a form.

    Each file is an upload of its own: it becomes an asset, or its result has the problem, and the others are not
    concerned. The answer is 200 once the form has been read. Fields come before the file that they are about, as text
    parts with the names of the JSON fields of POST /api/assets, or together as JSON in a part `asset`. `title`,
    `caption` and `external_id` are about the next file only, all others about later files as well, until they are given
    again.
    """
    base = request.public_url
    form, fields = _form(request, hashing=claim is not None), FormFields()
    results: list[UploadedFile] = []
    errors: list[LibraryError] = []
    async for part in form.parts():
        if isinstance(part, TextPart):
            fields.add(part)
            continue
        try:
            asset = await _upload(request, part, len(results), fields.take(request), base)
            results.append(UploadedFile(name=part.name, asset=asset))
        except (Malformed, InProgress):
            raise  # nothing more of the form can be read, or a request that ended a moment ago seems to go on
        except LibraryError as error:
            errors.append(error)
            results.append(UploadedFile(name=part.name, problem=_problem(request, error)))
    if not results:
        raise FileMissing("The form has no file.", param="file")
    uploaded = UploadedFiles(results)
    if not any(isinstance(error, Unavailable | StorageFull) for error in errors):  # else it may be sent again
        await request.library.idempotency.conclude(claim, uploaded, form.sha256)
    return uploaded


async def _upload(
    request: AppRequest, part: FilePart, number: int, make: Callable[[], AssetFields], base: str
) -> AssetShape:
    fields = make()

    async def work(claim: Claim | None) -> Asset:
        return await store(request, part, fields, claim)

    def render(asset: Asset) -> bytes:
        return msgspec.json.encode(AssetShape.of(asset, base))

    return msgspec.json.decode(await idempotent_part(request, number, work, render, part), type=AssetShape)


def _problem(request: AppRequest, error: LibraryError) -> Problem:
    return msgspec.json.decode(ERRORS.render(error, error_context(request)).content, type=Problem)


def _form(request: AppRequest, *, hashing: bool) -> FilesForm:
    return FilesForm(request, limit=request.context.max_upload_bytes, max_text=_MAX_TEXT, hashing=hashing)


ROUTES = (upload_files,)
