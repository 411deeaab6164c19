"""Work that rows promise and no task will do: found by what is missing, and queued again.

A task is committed with the rows that it belongs to. Where the rows are there, the work is not done and there is no
task, the work is lost: a server of an older version wrote the rows after a newer one had migrated the database, or the
queue was emptied or restored without its tasks.
"""

from collections.abc import AsyncIterator
from uuid import UUID

import structlog

from mediatheque.library.tasks import defer, lock_of
from mediatheque.records.accounts import workspaces
from mediatheque.records.database import Database
from mediatheque.records.locks import try_advisory_lock
from mediatheque.records.search import lost_work as asset_rows
from mediatheque.records.uploads import uploads

_PAGE = 5_000
_PAGES_IN_A_ROUND = 10
_log = structlog.get_logger()


class LostWork:
    """Operations on lost work: find all of it, or queue some of it again.

    A round looks at the newest assets and, from where the last round of this process stopped, at further ones: what an
    old server wrote a moment ago is found at once, and everything within hours.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._before: UUID | None = None

    async def assets(self) -> AsyncIterator[UUID]:
        """Yield every asset that nobody will embed with the active model."""
        page = await self._page(None)
        while page.last:
            for id in page.lost:
                yield id
            page = await self._page(page.last)

    async def uploads(self) -> list[UUID]:
        """Return items of batches whose completion was requested and that nobody will complete."""
        lock = lock_of("complete_upload", upload_id="{id}")
        async with self._database.connection() as conn:
            return await uploads.list_lost(conn, _PAGE, queue="complete_upload", lock=lock)

    async def deleted_workspaces(self) -> list[UUID]:
        """Return deleted workspaces that have content and no task to delete it: one waits for presigned URLs to end."""
        async with self._database.connection() as conn:
            lock = lock_of("delete_workspace", workspace_id="{id}")
            return await workspaces.list_deleted(conn, _PAGE, queue="delete_workspace", lock=lock)

    async def requeue(self) -> int:
        """Run one round, unless another process runs one now. Return how many tasks were deferred."""
        async with self._database.session() as conn, try_advisory_lock(conn, "lost work") as acquired:
            if not acquired:
                return 0
            found = await self._round()
        if found:
            _log.warning("lost_work_queued", tasks=found)
        return found

    async def requeue_asset(self, id: UUID) -> None:
        """Defer the task that embeds the asset."""
        async with self._database.transaction() as conn:
            await defer(conn, "embed_asset", asset_id=id)

    async def requeue_upload(self, id: UUID) -> None:
        """Defer the task that completes the item of a batch."""
        async with self._database.transaction() as conn:
            await defer(conn, "complete_upload", upload_id=id)

    async def _round(self) -> int:
        for id in await self.deleted_workspaces():
            async with self._database.transaction() as conn:
                await defer(conn, "delete_workspace", workspace_id=id)
        items = await self.uploads()
        for id in items:
            await self.requeue_upload(id)
        newest = await self._page(None)
        total = len(items) + await self._requeue_page(newest)
        before = self._before or newest.last
        for _ in range(_PAGES_IN_A_ROUND - 1):
            if before is None:
                break
            page = await self._page(before)
            total += await self._requeue_page(page)
            before = page.last
        self._before = before
        return total

    async def _page(self, before: UUID | None) -> asset_rows.Page:
        lock = lock_of("embed_asset", asset_id="{id}")
        async with self._database.connection() as conn:
            return await asset_rows.page(conn, before, _PAGE, queue="embed_asset", lock=lock)

    async def _requeue_page(self, page: asset_rows.Page) -> int:
        async with self._database.transaction() as conn:
            for id in page.lost:
                await defer(conn, "embed_asset", asset_id=id)
        return len(page.lost)
