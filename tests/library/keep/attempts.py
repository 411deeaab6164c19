"""Keeps, and attempts at them without a worker."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from mediatheque.library import Library
from mediatheque.library.keep.keeps import KeepOrder
from mediatheque.model import Asset, Principal, Scope
from mediatheque.model.keep import Keep
from tests.providers.vendors import KEY, Vendors


def principal_of(workspace: UUID) -> Principal:
    """The principal of a key of the workspace."""
    return Principal(workspace_id=workspace, workspace="w", key_id=uuid4(), scopes=frozenset(Scope))


class Attempts:
    """What a client and the worker do with keeps in one workspace."""

    def __init__(self, library: Library, workspace: UUID, vendors: Vendors) -> None:
        self.library, self.workspace, self.vendors = library, workspace, vendors

    async def accept(self, provider: str = "fal", *, key: str | None = KEY, **order: Any) -> Keep:
        if provider == "fal" and "request_id" in order and "response" not in order:
            order.setdefault("endpoint", "fal-ai/flux/dev")
        return await self.library.keep.keeps.accept(self.workspace, KeepOrder(provider=provider, key=key, **order))

    async def advance(self, keep: Keep, times: int = 1) -> Keep:
        """Make so many attempts, whenever they are due."""
        for _ in range(times):
            await self.library.keep.work.advance(keep.id)
        return await self.get(keep)

    async def get(self, keep: Keep) -> Keep:
        return await self.library.keep.keeps.get(self.workspace, keep.id)

    async def assets(self, keep: Keep) -> list[Asset]:
        assets = self.library.catalog.assets
        return [await assets.get(self.workspace, output.asset_id) for output in keep.outputs]

    async def count(self) -> int:
        return int(
            (await self.query("SELECT count(*) AS n FROM asset WHERE workspace_id = %s", self.workspace))[0]["n"]
        )

    async def age(self, keep: Keep, by: timedelta) -> None:
        """Let the keep have been created, and its time be over, so much earlier."""
        await self.query(
            "UPDATE keep SET created_at = created_at - %s, give_up_at = give_up_at - %s WHERE id = %s", by, by, keep.id
        )

    async def jobs(self) -> list[dict[str, Any]]:
        return await self.query("SELECT * FROM procrastinate_jobs WHERE task_name = 'advance_keep' ORDER BY id")

    async def query(self, text: str, *parameters: object) -> list[dict[str, Any]]:
        async with self.library.database.connection() as conn:
            cursor = await conn.execute(text.encode(), parameters)
            return await cursor.fetchall() if cursor.description else []
