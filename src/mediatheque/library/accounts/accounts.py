"""The subjects of accounts over one database, and what the operator does at the command line."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from mediatheque.errors import Conflict, KeyRefused, NotFound, WorkspaceSuspended
from mediatheque.library.accounts import secrets
from mediatheque.library.accounts.audit import AuditLog
from mediatheque.library.accounts.key_cache import KeyCache
from mediatheque.library.accounts.keys import Keys, NewKey, insert_key
from mediatheque.library.accounts.quotas import Quotas
from mediatheque.library.accounts.upload_tokens import UploadTokens
from mediatheque.library.accounts.usage import UsageCounters
from mediatheque.library.accounts.workspaces import Workspaces
from mediatheque.model import Key, Principal, Scope
from mediatheque.records.accounts import keys, workspaces
from mediatheque.records.database import Database

_EVERYTHING = frozenset({Scope.READ, Scope.WRITE, Scope.ADMIN, Scope.INSTANCE})


class Accounts:
    """Authenticating requests; workspaces and their keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cached_keys = KeyCache(database)
        self.keys = Keys(database)
        self.workspaces = Workspaces(database)
        self.upload_tokens = UploadTokens(self._cached_keys)
        self.audit = AuditLog(database)
        self.quotas = Quotas(database)
        self.usage = UsageCounters(database)

    async def create_key(
        self, workspace: str, scopes: frozenset[Scope], *, name: str = "", expires_at: datetime | None = None
    ) -> str:
        """Create a key of the workspace, which is created if it does not exist, for the operator. Return the key once.

        Raises `Conflict` for a name that was another workspace's.
        """
        try:
            async with self._database.transaction() as conn:
                workspace_id, _ = await workspaces.ensure_workspace(conn, uuid4(), workspace)
                return (await insert_key(conn, workspace_id, NewKey(name, scopes, expires_at))).secret
        except workspaces.NameTaken:
            raise Conflict(f"The name {workspace!r} was another workspace's.", param="workspace") from None

    async def bootstrap(self, workspace: str) -> str | None:
        """Create the workspace and a key that may do everything. Return None if there is or was such a workspace."""
        async with self._database.transaction() as conn:
            if await workspaces.is_name_taken(conn, workspace):
                return None
            workspace_id, created = await workspaces.ensure_workspace(conn, uuid4(), workspace)
            return (await insert_key(conn, workspace_id, NewKey("", _EVERYTHING))).secret if created else None

    async def list_keys(self) -> list[Key]:
        """Return every key of every workspace, for the operator."""
        async with self._database.connection() as conn:
            return await keys.list_keys(conn)

    async def revoke(self, id: UUID) -> None:
        """Revoke any key, for the operator. It ends within two seconds. Raises `NotFound` when no live key has the id.

        The operator can revoke the last one of a workspace, too, and create another one.
        """
        async with self._database.transaction() as conn:
            if not await keys.revoke_key(conn, id):
                raise NotFound(f"No live key {id}.")

    async def authenticate(self, presented: str | None, *, upload_tokens: bool = False) -> Principal:
        """Return the principal of an API key, or of an upload token where allowed.

        Raises `KeyRefused`, and `WorkspaceSuspended` for a key that is good but for that.
        """
        key = await self._key(presented or "", upload_tokens=upload_tokens)
        if key is None or not key.is_live(datetime.now(UTC)):
            raise KeyRefused
        if key.is_suspended:
            raise WorkspaceSuspended
        await self._cached_keys.record_use(key)
        return Principal(
            workspace_id=key.workspace_id,
            workspace=key.workspace,
            key_id=key.id,
            scopes=key.scopes,
            key_name=key.name,
            expires_at=key.expires_at,
            former_names=key.former_names,
            has_previous_secret=secrets.is_previous(key, presented or ""),
        )

    async def _key(self, presented: str, *, upload_tokens: bool) -> Key | None:
        """Return the key that is presented or stood for, live or not; None for a wrong secret or token."""
        if presented.startswith(secrets.PREFIX):
            id, secret = secrets.split(presented)
            key = await self._cached_keys.find(id)
            return key if secrets.matches(key, secret) else None
        if upload_tokens and presented.startswith(UploadTokens.PREFIX):
            return await self.upload_tokens.find_key(presented)
        return None
