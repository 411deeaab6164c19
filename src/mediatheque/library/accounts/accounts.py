"""The subjects of accounts over one database, and what the operator does with keys."""

from uuid import UUID, uuid4

from mediatheque.errors import KeyRefused, NotFound
from mediatheque.library.accounts import secrets
from mediatheque.library.accounts.audit import AuditLog
from mediatheque.library.accounts.key_cache import KeyCache
from mediatheque.library.accounts.quotas import Quotas
from mediatheque.library.accounts.upload_tokens import UploadTokens
from mediatheque.library.accounts.usage import UsageCounters
from mediatheque.model import Key, Principal, Scope
from mediatheque.records.accounts import keys, workspaces
from mediatheque.records.database import Connection, Database

_EVERYTHING = frozenset({Scope.READ, Scope.WRITE, Scope.ADMIN, Scope.INSTANCE})


class Accounts:
    """Authenticating requests; creating, listing and revoking API keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached_keys = KeyCache(database)
        self.upload_tokens = UploadTokens(self._cached_keys)
        self.audit = AuditLog(database)
        self.quotas = Quotas(database)
        self.usage = UsageCounters(database)

    async def create_key(self, workspace: str, scopes: frozenset[Scope]) -> str:
        """Create a key of the workspace, which is created if it does not exist. The key is returned once."""
        async with self._database.transaction() as conn:
            workspace_id, _ = await workspaces.ensure_workspace(conn, uuid4(), workspace)
            return await _insert_key(conn, workspace_id, scopes)

    async def bootstrap(self, workspace: str) -> str | None:
        """Create the workspace and a key that may do everything. Return None if the workspace exists already."""
        async with self._database.transaction() as conn:
            workspace_id, created = await workspaces.ensure_workspace(conn, uuid4(), workspace)
            return await _insert_key(conn, workspace_id, _EVERYTHING) if created else None

    async def list_keys(self) -> list[Key]:
        """Return every key of every workspace, for the operator."""
        async with self._database.connection() as conn:
            return await keys.list_keys(conn)

    async def revoke(self, id: UUID) -> None:
        """Revoke the key, with effect within two seconds. Raises `NotFound` when there is no live key of that id."""
        async with self._database.transaction() as conn:
            if not await keys.revoke_key(conn, id):
                raise NotFound(f"No live key {id}.")

    async def authenticate(self, presented: str | None, *, upload_tokens: bool = False) -> Principal:
        """Return the principal of an API key, or of an upload token where allowed. Raises `KeyRefused`."""
        key = await self._key(presented or "", upload_tokens=upload_tokens)
        if key is None or key.revoked_at:
            raise KeyRefused
        await self._cached_keys.record_use(key)
        return Principal(workspace_id=key.workspace_id, workspace=key.workspace, key_id=key.id, scopes=key.scopes)

    async def _key(self, presented: str, *, upload_tokens: bool) -> Key | None:
        """Return the key that is presented or stood for, perhaps a revoked one; None for a wrong secret or token."""
        if presented.startswith(secrets.PREFIX):
            id, secret = secrets.split(presented)
            key = await self._cached_keys.find(id)
            return key if secrets.matches(key, secret) else None
        if upload_tokens and presented.startswith(UploadTokens.PREFIX):
            return await self.upload_tokens.find_key(presented)
        return None


async def _insert_key(conn: Connection, workspace_id: UUID, scopes: frozenset[Scope]) -> str:
    secret, id = secrets.new_secret(), uuid4()
    await keys.insert_key(conn, id=id, workspace_id=workspace_id, secret_hash=secret.hash, scopes=scopes)
    return secret.key(id)
