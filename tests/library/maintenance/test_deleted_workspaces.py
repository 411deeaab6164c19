"""A deleted workspace leaves nothing, wherever its deletion was interrupted, and its neighbour loses nothing."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from mediatheque.blobs import BlobStore, Disk
from mediatheque.blobs.object_store.s3_bucket import S3Bucket
from mediatheque.errors import BlobsUnavailable, KeyRefused, NotFound, TransactionConflict, WorkspaceNotFound
from mediatheque.library import Library
from mediatheque.library.accounts import workspaces
from mediatheque.library.maintenance import deleted_workspaces
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.maintenance.verify import FindingKind, Verification
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Scope
from mediatheque.records.accounts.content import TABLES, TABLES_OF_UPLOADS, WITH_OTHERS
from mediatheque.records.database import Connection, Database, DatabaseConfig
from tests.library.ingest_requests import ingest_request
from tests.library.maintenance.filled import fill, picture, stored_keys
from tests.seaweed import Seaweed

_PROMISED = {FindingKind.NOT_EMBEDDED, FindingKind.NOT_COMPLETED}


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """One or two rows a step, and no waiting for other processes' caches."""
    monkeypatch.setattr(workspaces, "_CACHES_END_SECONDS", 0)
    monkeypatch.setattr(deleted_workspaces, "_BLOBS", 1)
    monkeypatch.setattr(deleted_workspaces, "_FILES", 1)
    monkeypatch.setattr(deleted_workspaces, "_ROWS", 2)


@pytest.fixture(params=["disk", "bucket"])
async def library(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, sandbox: Sandbox
) -> AsyncIterator[Library]:
    store: BlobStore = Disk(tmp_path / "blobs")
    if request.param == "bucket":
        seaweed: Seaweed = request.getfixturevalue("seaweed")
        store = S3Bucket(seaweed.url(), tmp_path / "spool", settle=0)
    async with Database(DatabaseConfig(url=database_url, pool_min=1)) as database:
        yield Library(database, store, sandbox)
    await store.close()


class Crash(BaseException):
    """The worker was killed."""


class Countdown:
    """Raises `Crash` at the nth of the moments between two steps."""

    def __init__(self, moments: int) -> None:
        self.left = moments

    def tick(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Crash


def _interrupt(library: Library, countdown: Countdown, patch: pytest.MonkeyPatch) -> None:
    """Count the moments before and after each transaction and each deletion in the store."""

    def around(real: Callable[[], Any]) -> Callable[[], Any]:
        @asynccontextmanager
        async def counted() -> AsyncIterator[Connection]:
            countdown.tick()
            async with real() as conn:
                yield conn
            countdown.tick()

        return counted

    def before(real: Callable[..., Any]) -> Callable[..., Any]:
        async def counted(*arguments: Any) -> None:
            countdown.tick()
            await real(*arguments)
            countdown.tick()

        return counted

    for name in ("transaction", "connection"):
        patch.setattr(library.database, name, around(getattr(library.database, name)))
    patch.setattr(library.store, "delete", before(library.store.delete))
    patch.setattr(library.store.parts, "abort", before(library.store.parts.abort))


async def _delete(library: Library, id: UUID) -> None:
    """Do the task until there is no workspace, as a worker does."""
    while True:
        try:
            await library.accounts.workspaces.get(id)
        except WorkspaceNotFound:
            return
        await library.maintenance.deleted_workspaces.delete(id)


async def _rows_left(library: Library, workspace: UUID) -> list[str]:
    tables = {*(each.table for each in TABLES + TABLES_OF_UPLOADS), *WITH_OTHERS}
    async with library.database.connection() as conn:
        left = []
        for table in sorted(tables):
            found = await conn.execute(f"SELECT FROM {table} WHERE workspace_id = %s", (workspace,))
            left += [table] * found.rowcount
        return left


async def _jobs(library: Library) -> set[tuple[str, str]]:
    async with library.database.connection() as conn:
        cursor = await conn.execute("SELECT task_name, args::text AS args FROM procrastinate_jobs")
        return {(row["task_name"], row["args"]) for row in await cursor.fetchall()}


async def _faults(library: Library) -> set[FindingKind]:
    findings = [finding async for finding in Verification(library.database, library.store).findings()]
    return {finding.fault for finding in findings} - _PROMISED


async def _expire_presigned(library: Library) -> None:
    async with library.database.connection() as conn:
        await conn.execute("UPDATE upload SET expires_at = now() - interval '2 hours' WHERE method = 'direct'")


async def test_nothing_is_left_of_a_deleted_workspace(library: Library) -> None:
    keys, jobs = {key async for key in stored_keys(library)}, await _jobs(library)
    made = await fill(library, "gone")
    await library.accounts.workspaces.delete(made.workspace.id)
    await _expire_presigned(library)
    await _delete(library, made.workspace.id)
    assert await _rows_left(library, made.workspace.id) == []
    assert {key async for key in stored_keys(library)} == keys
    assert {job for job in await _jobs(library) if job[0] != "delete_workspace"} == jobs
    assert await _faults(library) == set()


async def test_every_table_is_filled_before_it_is_emptied(library: Library) -> None:
    """The test above proves nothing for a table without rows."""
    made = await fill(library, "full")
    filled = {*await _rows_left(library, made.workspace.id)}
    assert {*(each.table for each in TABLES + TABLES_OF_UPLOADS), *WITH_OTHERS} <= filled


async def test_deletion_that_is_killed_between_any_two_steps_is_completed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, made = await fill(library, "kept", assets=2), await fill(library, "gone", assets=4)
    before = await _rows_left(library, kept.workspace.id)
    await library.accounts.workspaces.delete(made.workspace.id)
    await _expire_presigned(library)
    for moments in range(1_000):
        with monkeypatch.context() as patch:
            _interrupt(library, Countdown(moments), patch)
            try:
                await library.maintenance.deleted_workspaces.delete(made.workspace.id)
            except Crash:
                continue
        break
    await _delete(library, made.workspace.id)
    await GarbageCollector(library.database, library.store, timedelta(days=1)).run()
    assert await _rows_left(library, made.workspace.id) == []
    assert await _rows_left(library, kept.workspace.id) == before
    assert await _faults(library) == set()


async def test_long_deletion_is_a_chain_of_tasks(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deleted_workspaces, "_STEPS", 3)
    made = await fill(library, "gone")
    await library.accounts.workspaces.delete(made.workspace.id)
    await _expire_presigned(library)
    async with library.database.connection() as conn:
        await conn.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'delete_workspace'")
    await library.maintenance.deleted_workspaces.delete(made.workspace.id)
    assert [task for task, _ in await _jobs(library)].count("delete_workspace") == 1
    await _delete(library, made.workspace.id)


async def test_presigned_url_keeps_the_workspace_until_it_ends(library: Library) -> None:
    """What a client puts there would be bytes that no row names."""
    made = await fill(library, "gone")
    await library.accounts.workspaces.delete(made.workspace.id)
    await library.maintenance.deleted_workspaces.delete(made.workspace.id)
    if not isinstance(library.store, S3Bucket):
        with pytest.raises(WorkspaceNotFound):
            await library.accounts.workspaces.get(made.workspace.id)
        return
    left = {*await _rows_left(library, made.workspace.id)}
    assert "upload" in left
    assert left <= {"upload", "upload_batch", "api_key"}
    async with library.database.connection() as conn:
        await conn.execute("DELETE FROM procrastinate_jobs")
    await library.maintenance.lost_work.requeue()
    assert [task for task, _ in await _jobs(library)].count("delete_workspace") == 1
    await _expire_presigned(library)
    await _delete(library, made.workspace.id)
    assert await _faults(library) == set()


async def test_request_that_ran_while_its_workspace_was_deleted_is_refused_and_leaves_nothing(
    library: Library,
) -> None:
    made = await library.accounts.workspaces.create("gone")
    await library.accounts.workspaces.delete(made.workspace.id)
    before = {key async for key in stored_keys(library)}
    with pytest.raises(KeyRefused):
        await library.ingest.create_asset(ingest_request(made.workspace.id, picture()))
    assert await _rows_left(library, made.workspace.id) == ["api_key"]
    assert {key async for key in stored_keys(library)} == before


async def test_row_that_came_late_is_deleted_by_the_next_try(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await library.accounts.workspaces.create("gone")
    await library.accounts.workspaces.delete(made.workspace.id)
    real = deleted_workspaces.content.delete_workspace

    async def after_another_row(conn: Connection, id: UUID) -> None:
        async with library.database.connection() as other:
            await other.execute("INSERT INTO upload_batch (id, workspace_id, total) VALUES (%s, %s, 1)", (uuid4(), id))
        await real(conn, id)

    monkeypatch.setattr(deleted_workspaces.content, "delete_workspace", after_another_row)
    with pytest.raises(TransactionConflict):
        await library.maintenance.deleted_workspaces.delete(made.workspace.id)
    monkeypatch.undo()
    await library.maintenance.deleted_workspaces.delete(made.workspace.id)
    assert await _rows_left(library, made.workspace.id) == []


async def test_nothing_is_deleted_while_the_store_is_away(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await fill(library, "gone")
    before = await _rows_left(library, made.workspace.id)
    await library.accounts.workspaces.delete(made.workspace.id)

    async def away() -> None:
        raise BlobsUnavailable

    monkeypatch.setattr(library.store, "ready", away)
    with pytest.raises(BlobsUnavailable):
        await library.maintenance.deleted_workspaces.delete(made.workspace.id)
    assert await _rows_left(library, made.workspace.id) == before


async def test_files_of_suspended_and_deleted_workspaces_are_not_found(library: Library) -> None:
    made = await library.accounts.workspaces.create("studio")
    asset = await library.ingest.create_asset(ingest_request(made.workspace.id, picture()))
    upload = await library.uploads.sessions.create(await library.accounts.authenticate(made.first.secret), "a", None)
    verbs, files = library.accounts.workspaces, library.catalog.files
    for stop in (verbs.suspend, verbs.delete):
        await files.get_public(asset.file.id)
        await library.uploads.sessions.authorize_token(upload.upload.id, upload.token, upload.upload.method)
        await stop(made.workspace.id)
        with pytest.raises(NotFound):
            await files.get_public(asset.file.id)
        with pytest.raises(NotFound):
            await library.uploads.sessions.authorize_token(upload.upload.id, upload.token, upload.upload.method)
        if stop == verbs.suspend:
            await verbs.resume(made.workspace.id)
    assert await library.accounts.create_key("another", frozenset({Scope.READ}))
