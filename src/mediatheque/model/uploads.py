"""Uploads that take more than one request, and what clients declare about content."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model.files import FileDefaults


class UploadMethod(enum.StrEnum):
    """How an upload's bytes arrive."""

    SINGLE = "single"
    """In one request, which also makes the file."""
    MULTIPART = "multipart"
    """In numbered parts, joined when they are declared complete."""
    DIRECT = "direct"
    """In one request, to this server or a presigned URL, and checked when they are declared complete."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A session whose bytes become the file `file_id` (and the asset `asset_id`), unless its API key is revoked.

    `storage_key` is where received bytes are, and `multipart_id` the store's id of the multipart upload. `size` and
    `sha256` are what the client declared. `failure` tells why bytes that were declared complete were refused.
    """

    id: UUID
    workspace_id: UUID
    key_id: UUID
    file_id: UUID
    name: str
    declared_type: str | None
    expires_at: datetime
    method: UploadMethod = UploadMethod.SINGLE
    asset_id: UUID | None = None
    size: int | None = None
    sha256: bytes | None = None
    storage_key: str | None = None
    multipart_id: str | None = None
    defaults: FileDefaults = FileDefaults()
    batch_id: UUID | None = None
    item_index: int | None = None
    requested_at: datetime | None = None
    completed_at: datetime | None = None
    failure: str | None = None


class UploadedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is stored durably. `etag` is what the store requires to complete the upload."""

    number: int
    size: int
    sha256: bytes
    etag: str = ""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Uploads that were created together."""

    id: UUID
    workspace_id: UUID
    created_at: datetime
    total: int
    title: str | None = None


class DeclaredMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a client said about content: hints, never trusted. `fields` are the other form fields."""

    name: str | None = None
    type: str | None = None
    fields: dict[str, str] = {}
