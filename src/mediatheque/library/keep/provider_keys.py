"""The providers' API keys that workspaces have stored. Nobody can read them back."""

from datetime import UTC, datetime
from uuid import UUID

from mediatheque.errors import NotFound
from mediatheque.library.idempotency import Claim, store_reply
from mediatheque.library.keep.vault import Vault
from mediatheque.model.keep import ProviderKey
from mediatheque.records.database import Database
from mediatheque.records.keep import provider_keys as rows

_HINT = 4


class ProviderKeys:
    """Operations on providers' keys: store, tell of, use and delete."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def store(self, workspace_id: UUID, provider: str, key: str, claim: Claim | None = None) -> ProviderKey:
        """Store the workspace's key of the provider, instead of the one before."""
        stored = ProviderKey(
            workspace_id=workspace_id,
            provider=provider,
            sealed=self._vault.seal(key, _context(workspace_id, provider)),
            hint=key[-_HINT:] if len(key) >= _HINT * 4 else "",
            updated_at=datetime.now(UTC),
        )
        async with self._database.transaction() as conn:
            await rows.upsert(conn, stored)
            await store_reply(conn, claim, stored)
        return stored

    async def list_all(self, workspace_id: UUID) -> list[ProviderKey]:
        """Return what is known of the workspace's keys, by provider."""
        async with self._database.connection() as conn:
            return await rows.list_all(conn, workspace_id)

    async def get(self, workspace_id: UUID, provider: str) -> ProviderKey:
        """Return what is known of the key. Raises `NotFound`."""
        async with self._database.connection() as conn:
            found = await rows.find(conn, workspace_id, provider)
        if found is None:
            raise NotFound
        return found

    async def has(self, workspace_id: UUID, provider: str) -> bool:
        """Whether a key of the provider is stored."""
        async with self._database.connection() as conn:
            return await rows.find(conn, workspace_id, provider) is not None

    async def reveal(self, workspace_id: UUID, provider: str) -> str | None:
        """Return the key itself, for a request to the provider. Raises `SecretLost`."""
        async with self._database.connection() as conn:
            found = await rows.find(conn, workspace_id, provider)
        return self._vault.open(found.sealed, _context(workspace_id, provider)) if found else None

    async def delete(self, workspace_id: UUID, provider: str, claim: Claim | None = None) -> None:
        """Delete the key. Raises `NotFound`."""
        async with self._database.transaction() as conn:
            if not await rows.delete(conn, workspace_id, provider):
                raise NotFound
            await store_reply(conn, claim, None)


def _context(workspace_id: UUID, provider: str) -> str:
    return f"key of {provider} of {workspace_id}"
