"""Bytes under a URL, and who may read them."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model.media import Blob


class AclEffect(enum.StrEnum):
    """What becomes of a request for a file's bytes."""

    ALLOW = "allow"
    FORBID = "forbid"
    HIDE = "hide"


class AclEntry(msgspec.Struct, frozen=True):
    """What one user, known by the name of a workspace, is told instead of the default."""

    workspace: str
    effect: AclEffect


class Acl(msgspec.Struct, frozen=True):
    """Who may read a file. The workspace that owns it always may."""

    default_effect: AclEffect = AclEffect.ALLOW
    entries: tuple[AclEntry, ...] = ()


class FileDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """How long a new file stays (in seconds; None: for good) and who may read it (None: everybody)."""

    lifetime_seconds: int | None = None
    acl: Acl | None = None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A blob under a URL: `/files/b/<id as 32 hex>/<name>`. After `expires_at` there is no such file any more."""

    id: UUID
    workspace_id: UUID
    name: str
    created_at: datetime
    blob: Blob
    origin_url: str | None = None
    expires_at: datetime | None = None
    acl: Acl | None = None
