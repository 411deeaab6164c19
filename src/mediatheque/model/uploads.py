"""Bytes promised or in flight."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model.files import FileDefaults


class UploadMethod(enum.StrEnum):
    """How promised bytes arrive."""

    SINGLE = "single"
    """In one request, which also makes the file."""
    MULTIPART = "multipart"
    """In numbered parts, joined when they are declared complete."""
    DIRECT = "direct"
    """In one request, perhaps past this server, and checked when they are declared complete."""


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes promised, to become the file `file_id` (and the asset `asset_id`) while the key that promised them lives.

    `storage_key` is where they wait, and `multipart_id` what the store calls the parts there. `size` and `sha256` are
    what was announced. `failure` says why bytes that were declared complete have been refused, which is final.
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
    """One part of an upload that has arrived durably. `etag` is what the store wants to see again when joining."""

    number: int
    size: int
    sha256: bytes
    etag: str = ""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Uploads promised together."""

    id: UUID
    workspace_id: UUID
    created_at: datetime
    total: int
    title: str | None = None


class DeclaredMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender said about the bytes: hints, never trusted. `fields` are the other form fields."""

    name: str | None = None
    type: str | None = None
    fields: dict[str, str] = {}
