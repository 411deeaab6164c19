"""Rows of the providers' API keys that workspaces have stored."""

from uuid import UUID

from mediatheque.model.keep import ProviderKey
from mediatheque.records.database import Connection

_COLUMNS = ", ".join(ProviderKey.__struct_fields__)


async def upsert(conn: Connection, key: ProviderKey) -> None:
    """Insert the key, or replace the workspace's key of that provider."""
    await conn.execute(
        """
        INSERT INTO provider_key (workspace_id, provider, sealed, hint, updated_at) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (workspace_id, provider) DO UPDATE
        SET sealed = excluded.sealed, hint = excluded.hint, updated_at = excluded.updated_at
        """,
        (key.workspace_id, key.provider, key.sealed, key.hint, key.updated_at),
    )


async def list_all(conn: Connection, workspace_id: UUID) -> list[ProviderKey]:
    """Return the workspace's keys, one for each provider at most."""
    cursor = await conn.execute(
        f"SELECT {_COLUMNS} FROM provider_key WHERE workspace_id = %s ORDER BY provider",  # noqa: S608 - constants
        (workspace_id,),
    )
    return [ProviderKey(**row) for row in await cursor.fetchall()]


async def find(conn: Connection, workspace_id: UUID, provider: str) -> ProviderKey | None:
    """Return the workspace's key of that provider."""
    cursor = await conn.execute(
        f"SELECT {_COLUMNS} FROM provider_key WHERE workspace_id = %s AND provider = %s",  # noqa: S608 - constants
        (workspace_id, provider),
    )
    row = await cursor.fetchone()
    return ProviderKey(**row) if row else None


async def delete(conn: Connection, workspace_id: UUID, provider: str) -> bool:
    """Delete the key. Return False when the workspace has none of that provider."""
    cursor = await conn.execute(
        "DELETE FROM provider_key WHERE workspace_id = %s AND provider = %s", (workspace_id, provider)
    )
    return cursor.rowcount == 1
