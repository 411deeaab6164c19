"""The keys of the caller's workspace in the native API."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mediatheque.dialects.native.accounts.shapes import IssuedKeyShape, KeyPage, KeyShape
from mediatheque.dialects.native.endpoint import delete, get, patch, post
from mediatheque.dialects.native.shapes import Time
from mediatheque.errors import Conflict, Invalid, KeyNotFound, LastAdminKey
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import cursor_of, next_token
from mediatheque.library.accounts import keys
from mediatheque.library.idempotency import Claim
from mediatheque.model import Scope

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Seconds = Annotated[int, Meta(ge=1, le=10 * 366 * 24 * 3600)]


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new key. It ends at `expires_at`, or `expires_in` seconds from now; with neither, when it is revoked."""

    name: Name
    scopes: Annotated[frozenset[Scope], Meta(min_length=1)]
    expires_at: Time | None = None
    expires_in: Seconds | None = None

    def read(self) -> keys.NewKey:
        """Convert to the fields of the new key. Raises `Invalid` for two ends."""
        return keys.NewKey(self.name, self.scopes, _end(self.expires_at, self.expires_in))


class KeyChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a key; `expires_at` null takes its end away."""

    name: Name | UnsetType = UNSET
    expires_at: Time | UnsetType | None = UNSET


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the secret before is good as well."""

    overlap_seconds: Annotated[int, Meta(ge=0, le=int(keys.MAX_OVERLAP.total_seconds()))] = 0


class ListKeys(msgspec.Struct, frozen=True):
    """How much of the list."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str | None = None


@post("/api/keys", scope=Scope.ADMIN, status=201)
async def create_key(request: AppRequest, body: NewKey, claim: Claim | None) -> IssuedKeyShape:
    """Create an API key of this workspace.

    It can do no more than the key that creates it, and lives no longer. The answer has the whole key, which is shown
    only once: when an Idempotency-Key replays the answer, `secret` is null.
    """
    return IssuedKeyShape.of(await request.library.accounts.keys.create(request.principal, body.read(), claim))


@get("/api/keys", scope=Scope.ADMIN)
async def list_keys(request: AppRequest, query: ListKeys) -> KeyPage:
    """List the API keys of this workspace, newest first, those that have ended as well."""
    after = cursor_of(query.cursor, param="cursor")
    found, more = await request.library.accounts.keys.list(request.workspace_id, after, query.limit)
    return KeyPage([KeyShape.of(key) for key in found], next_token(found, more))


@get("/api/keys/{id}", scope=Scope.ADMIN, not_found=KeyNotFound)
async def get_key(request: AppRequest, id: UUID) -> KeyShape:
    """Get an API key of this workspace."""
    return KeyShape.of(await request.library.accounts.keys.get(request.workspace_id, id))


@patch("/api/keys/{id}", scope=Scope.ADMIN, not_found=KeyNotFound, errors=(Conflict, LastAdminKey))
async def update_key(request: AppRequest, id: UUID, body: KeyChanges, claim: Claim | None) -> KeyShape:
    """Change the name or the end of an API key.

    Servers know the new end within two seconds. A key that may do more than the caller's is not changed, nor is the end
    of the last key with the scope `admin` brought forward.
    """
    changes = keys.KeyPatch(name=body.name, expires_at=body.expires_at)
    return KeyShape.of(await request.library.accounts.keys.update(request.principal, id, changes, claim))


@post("/api/keys/{id}/rotate", scope=Scope.ADMIN, not_found=KeyNotFound, errors=(Conflict,))
async def rotate_key(request: AppRequest, id: UUID, body: Rotation | None, claim: Claim | None) -> IssuedKeyShape:
    """Give an API key another secret.

    The key keeps its id, name, scopes and end. The secret before is good for `overlap_seconds` more, and one from
    before that no longer. The answer has the whole key, which is shown only once.
    """
    overlap = timedelta(seconds=(body or Rotation()).overlap_seconds)
    return IssuedKeyShape.of(await request.library.accounts.keys.rotate(request.principal, id, overlap, claim))


@delete("/api/keys/{id}", scope=Scope.ADMIN, status=204, not_found=KeyNotFound, errors=(LastAdminKey,))
async def revoke_key(request: AppRequest, id: UUID, claim: Claim | None) -> None:
    """Revoke an API key, for good.

    Every server refuses it within two seconds, and with it its upload tokens and the uploads begun with it. The last
    key with the scope `admin` is not revoked: create another one first.
    """
    await request.library.accounts.keys.revoke(request.principal, id, claim)


def _end(expires_at: datetime | None, expires_in: int | None) -> datetime | None:
    if expires_at is not None and expires_in is not None:
        raise Invalid("Give either expires_at or expires_in.", param="expires_in")
    return expires_at if expires_in is None else datetime.now(UTC) + timedelta(seconds=expires_in)


ROUTES = (create_key, list_keys, get_key, update_key, rotate_key, revoke_key)
