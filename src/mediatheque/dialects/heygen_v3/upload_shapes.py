"""HeyGen v3's JSON of direct uploads: declared files, upload targets, progress."""

import re
from base64 import b64decode
from typing import Annotated, Any

import msgspec

from mediatheque.dialects.heygen_v3.errors import ERRORS
from mediatheque.errors import Invalid
from mediatheque.library.catalog.filenames import safe_name
from mediatheque.library.ingest.policy import MIB
from mediatheque.library.uploads import refusals
from mediatheque.library.uploads.batches import BatchProgress, UploadState, state_of
from mediatheque.library.uploads.direct import DeclaredFile, UploadTarget
from mediatheque.library.uploads.sessions import LIFETIME
from mediatheque.model import Upload

MAX_BYTES = 200 * MIB
"""[observed] The vendor's limit for zip projects. Here it applies to every direct upload."""

MAX_FILES = 100
# [documented] The types of POST /v3/assets, and zip. The aliases are our extension.
_TYPES = {
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/jpg": "image/jpeg",
    "video/mp4": "video/mp4",
    "video/webm": "video/webm",
    "audio/mpeg": "audio/mpeg",
    "audio/mp3": "audio/mpeg",
    "audio/wav": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "application/pdf": "application/pdf",
    "application/x-subrip": "application/x-subrip",
    "text/srt": "application/x-subrip",
    "application/zip": "application/zip",
    "application/x-zip-compressed": "application/zip",
}
_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_SHA256_BYTES = 32

Checksum = Annotated[str, msgspec.Meta(max_length=100)]


class DirectUpload(msgspec.Struct, frozen=True):
    """[documented] A declared file. `checksum_sha256` is hex in the schema and base64 in the examples."""

    filename: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    content_type: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    size_bytes: Annotated[int, msgspec.Meta(ge=1)]
    checksum_sha256: Checksum | None = None

    def declared_file(self) -> DeclaredFile:
        """Convert to a `DeclaredFile`. Raises `Invalid` when the type, size or checksum is not acceptable."""
        mime = _TYPES.get(self.content_type.partition(";")[0].strip().lower())
        if mime is None:
            accepted = ", ".join(sorted(set(_TYPES.values())))
            raise Invalid(f"content_type must be one of {accepted}.", param="content_type")
        if self.size_bytes > MAX_BYTES:
            raise Invalid(f"size_bytes must be at most {MAX_BYTES}.", param="size_bytes")
        checksum = checksum_of(self.checksum_sha256)
        return DeclaredFile(name=safe_name(self.filename, mime, ""), mime=mime, size=self.size_bytes, sha256=checksum)


class DirectBatch(msgspec.Struct, frozen=True):
    """[documented] Up to a hundred declared files. `callback_url` is reserved: nothing is sent to it."""

    files: Annotated[list[DirectUpload], msgspec.Meta(min_length=1, max_length=MAX_FILES)]
    title: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    callback_url: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


class Completion(msgspec.Struct, frozen=True):
    """[documented] The body of a complete call, which may be absent."""

    checksum_sha256: Checksum | None = None


class BatchCompletion(msgspec.Struct, frozen=True):
    """[documented] The body of a batch's complete call."""

    batch_id: Annotated[str, msgspec.Meta(max_length=100)]


def checksum_of(text: str | None) -> bytes | None:
    """Parse a SHA-256 in hex or base64. Raises `Invalid` for another text."""
    if text is None:
        return None
    try:
        digest = bytes.fromhex(text) if _HEX.fullmatch(text) else b64decode(text, validate=True)
    except ValueError:
        digest = b""
    if len(digest) != _SHA256_BYTES:
        raise Invalid("checksum_sha256 must be a SHA-256 as hex or base64.", param="checksum_sha256")
    return digest


def target(target: UploadTarget, base: str) -> dict[str, Any]:
    """Build the upload target of one file.

    Header names are in lower case: [observed] a client adds its own `content-type`.
    """
    upload = target.session.upload
    own_url = f"{base}/v3/assets/direct-uploads/{upload.id.hex}?token={target.session.token}"
    headers = target.presigned.headers if target.presigned else {}
    return {
        "asset_id": upload.asset_id.hex if upload.asset_id else "",
        "upload_url": target.presigned.url if target.presigned else own_url,
        "upload_headers": {**headers, "content-type": upload.declared_type},
        "expires_in_seconds": int(LIFETIME.total_seconds()),
        "max_bytes": MAX_BYTES,
        "status": "pending_upload",
    }


def upload_status(upload: Upload) -> dict[str, Any]:
    """Build the status of one upload. [documented] `video_id` is the asset's id."""
    state = state_of(upload)
    shape: dict[str, Any] = {
        "item_index": upload.item_index,
        "status": state.value,
        "video_id": upload.asset_id.hex if upload.asset_id else None,
    }
    if state is UploadState.FAILED:
        refusal = refusals.to_error(upload)
        message = ERRORS.message(refusal) if refusal else "The upload has expired."
        shape["error"] = {"code": "invalid_parameter", "message": message}
    return shape


def batch(progress: BatchProgress, page: list[Upload], next_token: str | None) -> dict[str, Any]:
    """Build a batch with a page of its uploads."""
    states = [state_of(upload) for upload in progress.items]
    shape: dict[str, Any] = {
        "batch_id": progress.batch.id.hex,
        "status": _batch_status(states).value,
        "total_items": progress.batch.total,
        "counts_by_status": {state.value: states.count(state) for state in UploadState if state in states},
        "created_at": int(progress.batch.created_at.timestamp()),
        "items": [upload_status(upload) for upload in page],
        "has_more": next_token is not None,
        "next_token": next_token,
    }
    return {"data": {**shape, "title": progress.batch.title} if progress.batch.title else shape}


def _batch_status(states: list[UploadState]) -> UploadState:
    """Return PROCESSING while an upload is unfinished, FAILED if all have failed, else COMPLETED."""
    if any(state in (UploadState.QUEUED, UploadState.PROCESSING) for state in states):
        return UploadState.PROCESSING
    return UploadState.COMPLETED if UploadState.COMPLETED in states else UploadState.FAILED
