"""The keys of a workspace, as another of its keys manages them.

A key never grants more than it may do itself, nor for longer: not when it creates another one, not when it changes one,
and not when it rotates one, which shows the secret.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from mediatheque.errors import Conflict, Invalid, KeyNotFound, LastAdminKey, ScopeMissing
from mediatheque.library.accounts import secrets
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.model import Cursor, Key, Principal, Scope, included
from mediatheque.records.accounts import keys as rows
from mediatheque.records.accounts import workspaces
from mediatheque.records.database import Connection, Database

_LAST = datetime.max.replace(tzinfo=UTC)
MAX_OVERLAP = timedelta(days=7)
"""How long the secret before may be good after a key was rotated."""
_MAX_NAME = 100


class NewKey(msgspec.Struct, frozen=True):
    """The fields of a key to be made."""

    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None


class KeyPatch(msgspec.Struct, frozen=True):
    """A partial update of a key: fields that are UNSET stay. None takes the end away."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    expires_at: datetime | msgspec.UnsetType | None = msgspec.UNSET


class IssuedKey(msgspec.Struct, frozen=True):
    """A key and its whole text, `mtq_...`, which is shown once: "" where it was shown before."""

    key: Key
    secret: str


class Keys:
    """Operations on the keys of a workspace. `principal` is the key that does them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, principal: Principal, new: NewKey, claim: Claim | None = None) -> IssuedKey:
        """Create a key in the principal's workspace.

        Raises `ScopeMissing` for more than the principal may do, and `Invalid` for an end that is past.
        """
        _require_scopes(principal, new.scopes)
        _require_end(principal, new.expires_at)
        async with self._database.transaction() as conn:
            issued = await insert_key(conn, principal.workspace_id, new)
            await store_reply(conn, claim, without_secret(issued))
        return issued

    async def list(self, workspace_id: UUID, after: Cursor | None, limit: int) -> tuple[list[Key], bool]:
        """Return a page of the workspace's keys, newest first, and whether there are more. Revoked ones are there."""
        async with self._database.connection() as conn:
            found = await rows.page(conn, workspace_id, after, limit + 1)
        return found[:limit], len(found) > limit

    async def get(self, workspace_id: UUID, id: UUID) -> Key:
        """Return the workspace's key. Raises `KeyNotFound`."""
        async with self._database.connection() as conn:
            return await _find(conn, workspace_id, id)

    async def update(self, principal: Principal, id: UUID, patch: KeyPatch, claim: Claim | None = None) -> Key:
        """Change the name or the end of a live key, within two seconds.

        Raises `KeyNotFound`, `ScopeMissing`, `Invalid`, `Conflict` for a key that has ended, and `LastAdminKey`.
        """
        async with self._database.transaction() as conn:
            key = await _lock_live(conn, principal, id)
            changed = _patched(key, patch)
            _check_name(changed.name)
            if changed.expires_at != key.expires_at:
                _require_end(principal, changed.expires_at)
            if _ends_earlier(changed.expires_at, key.expires_at):
                await _require_another_admin(conn, key)
            await rows.set_fields(conn, id, name=changed.name, expires_at=changed.expires_at)
            await store_reply(conn, claim, changed)
        return changed

    async def rotate(self, principal: Principal, id: UUID, overlap: timedelta, claim: Claim | None = None) -> IssuedKey:
        """Give the key another secret. The one before is good for the overlap, and none that was before that one.

        Upload tokens that were made with a secret end with it. Raises what `update` does.
        """
        if not timedelta(0) <= overlap <= MAX_OVERLAP:
            raise Invalid(f"The overlap is from 0 to {MAX_OVERLAP.total_seconds():.0f} s.", param="overlap_seconds")
        secret = secrets.new_secret()
        async with self._database.transaction() as conn:
            key = await _lock_live(conn, principal, id)
            _require_end(principal, key.expires_at)
            await rows.set_secret(conn, id, secret.hash, overlap)
            issued = IssuedKey(await _find(conn, principal.workspace_id, id), secret.key(id))
            await store_reply(conn, claim, without_secret(issued))
        return issued

    async def revoke(self, principal: Principal, id: UUID, claim: Claim | None = None) -> None:
        """End the key, within two seconds, for good. Raises `KeyNotFound`, `ScopeMissing` and `LastAdminKey`.

        One that was revoked before stays so.
        """
        async with self._database.transaction() as conn:
            key = await _lock(conn, principal, id)
            if key.is_live(datetime.now(UTC)):
                await _require_another_admin(conn, key)
            await rows.revoke_key(conn, id)
            await store_reply(conn, claim, None)


def without_secret(issued: IssuedKey) -> IssuedKey:
    """Return what a retry with the same Idempotency-Key gets: a secret is stored nowhere, in no reply either."""
    return IssuedKey(issued.key, "")


async def insert_key(conn: Connection, workspace_id: UUID, new: NewKey) -> IssuedKey:
    """Create a key in the caller's transaction, which has checked what it may do.

    Raises `Invalid` for a name that is longer than 100 characters or not printable.
    """
    _check_name(new.name)
    secret, id = secrets.new_secret(), uuid4()
    await rows.insert_key(
        conn,
        id=id,
        workspace_id=workspace_id,
        secret_hash=secret.hash,
        scopes=new.scopes,
        name=new.name,
        expires_at=new.expires_at,
    )
    return IssuedKey(await _find(conn, workspace_id, id), secret.key(id))


def _check_name(name: str) -> None:
    if len(name) > _MAX_NAME or not name.isprintable():
        raise Invalid(f"name must be at most {_MAX_NAME} printable characters.", param="name")


async def _find(conn: Connection, workspace_id: UUID, id: UUID) -> Key:
    key = await rows.find_in_workspace(conn, workspace_id, id)
    if key is None:
        raise KeyNotFound
    return key


async def _lock(conn: Connection, principal: Principal, id: UUID) -> Key:
    """Return the key; no other request changes a key of the workspace until the transaction ends.

    Raises `ScopeMissing` when the key may do more than the principal.
    """
    await workspaces.lock(conn, principal.workspace_id)
    key = await _find(conn, principal.workspace_id, id)
    if not key.scopes <= included(principal.scopes):
        raise ScopeMissing("This API key cannot change one that may do more than itself.")
    return key


async def _lock_live(conn: Connection, principal: Principal, id: UUID) -> Key:
    key = await _lock(conn, principal, id)
    if not key.is_live(datetime.now(UTC)):
        raise Conflict("The key has ended: it was revoked, or has expired.")
    return key


def _patched(key: Key, patch: KeyPatch) -> Key:
    changes = {name: value for name, value in msgspec.structs.asdict(patch).items() if value is not msgspec.UNSET}
    return msgspec.structs.replace(key, **changes)


def _require_scopes(principal: Principal, scopes: frozenset[Scope]) -> None:
    """Raise `ScopeMissing` unless the principal may grant the scopes."""
    if Scope.INSTANCE in scopes:
        raise ScopeMissing("The scope 'instance' is granted at the command line only.", param="scopes")
    if lacking := scopes - included(principal.scopes):
        raise ScopeMissing(f"This API key cannot grant what it lacks: {', '.join(sorted(lacking))}.", param="scopes")


def _require_end(principal: Principal, expires_at: datetime | None) -> None:
    """Raise `Invalid` for an end that is past, and `ScopeMissing` for one that is after the principal's own."""
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise Invalid("expires_at must be in the future.", param="expires_at")
    if expires_at is not None and expires_at > _LAST:  # PostgreSQL would store it, and nobody could read it
        raise Invalid("expires_at must be before the year 10000, in UTC.", param="expires_at")
    if principal.expires_at is not None and (expires_at is None or expires_at > principal.expires_at):
        raise ScopeMissing("This API key expires, and grants none that lives longer than itself.", param="expires_at")


def _ends_earlier(expires_at: datetime | None, than: datetime | None) -> bool:
    return expires_at is not None and (than is None or expires_at < than)


async def _require_another_admin(conn: Connection, key: Key) -> None:
    """Raise `LastAdminKey` if the key ends and no other admin key of the workspace lives as long.

    The caller has locked the workspace: of two keys that revoke each other, one finds itself to be the last.
    """
    if Scope.ADMIN in key.scopes and not await rows.has_other_admin(conn, key):
        raise LastAdminKey
