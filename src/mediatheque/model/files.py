"""Files and their ACLs."""

import enum
from datetime import datetime
from uuid import UUID

import msgspec

from mediatheque.model.media import Blob


class AclEffect(enum.StrEnum):
    """The outcome of a request to read a file."""

    ALLOW = "allow"
    FORBID = "forbid"
    HIDE = "hide"


class AclEntry(msgspec.Struct, frozen=True):
    """The effect for one workspace, named by its name, instead of the default."""

    workspace: str
    effect: AclEffect


class Acl(msgspec.Struct, frozen=True):
    """Who may read a file. The workspace that owns it always may."""

    default_effect: AclEffect = AclEffect.ALLOW
    entries: tuple[AclEntry, ...] = ()


class FileDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """The lifetime of new files in seconds (None: unlimited) and their ACL (None: everyone may read)."""

    lifetime_seconds: int | None = None
    acl: Acl | None = None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A blob under a URL, `/files/b/<id as 32 hex>/<name>`. After `expires_at` the file is not found any more.

    `trashed_at` is that of its asset: None outside the trash.
    """

    id: UUID
    workspace_id: UUID
    name: str
    created_at: datetime
    blob: Blob
    origin_url: str | None = None
    expires_at: datetime | None = None
    acl: Acl | None = None
    trashed_at: datetime | None = None
