"""Garbage collection among uploads, deletions and crashes in any order, with a real PostgreSQL and a real folder.

hypothesis generates the order. In each, every asset stays readable and unreferenced blobs are deleted.
"""

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mediatheque.blobs import Disk
from mediatheque.errors import BlobsUnavailable
from mediatheque.library.catalog.assets import Assets
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.pipeline import Intake, Step
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.ingest.request import ByteSink, IngestRequest
from mediatheque.library.ingest.state import IngestState
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.storage_keys import StorageKeys
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import DeclaredMetadata
from mediatheque.records.accounts.workspaces import ensure_workspace
from mediatheque.records.database import Database, DatabaseConfig
from mediatheque.records.storage import pending_writes
from tests.rounds import examples

NO_GRACE_PERIOD = timedelta(0)
ANYTHING = Policy(max_bytes=1 << 20, allow_unknown_types=True)
CONTENTS = {"small": b"\0small", "some": b"\0some" * 1000, "more": b"\0more" * 20_000}
contents = st.sampled_from(sorted(CONTENTS))
workspaces = st.sampled_from([0, 1])
numbers = st.integers(0, 99)


class Environment:
    """The event loop and the database, shared by all examples."""

    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        self.runner = runner
        self.database = database


@pytest.fixture
def environment(database_url: str) -> Iterator[Environment]:
    with asyncio.Runner() as runner:
        database = Database(DatabaseConfig(url=database_url))
        runner.run(database.open())
        yield Environment(runner, database)
        runner.run(database.close())


@pytest.mark.timeout(600)  # hypothesis shortens what it found; without a finding it takes seconds
@pytest.mark.sampled
def test_assets_stay_readable_and_garbage_is_deleted_in_any_order(environment: Environment) -> None:
    run_state_machine_as_test(
        lambda: GarbageMachine(environment),
        settings=settings(
            max_examples=examples(10),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


class UndeletableDisk(Disk):
    """A store that is unavailable for deletions."""

    async def delete(self, key: str) -> None:
        raise BlobsUnavailable


def test_failed_deletion_of_duplicate_bytes_does_not_fail_the_upload(environment: Environment, tmp_path: Path) -> None:
    async def race() -> None:
        store = UndeletableDisk(tmp_path / "blobs")
        async with environment.database.connection() as conn:
            workspace, _ = await ensure_workspace(conn, uuid4(), "a")
        loser = Intake(environment.database, store, StorageKeys(environment.database, store), Sandbox(SandboxConfig()))
        paused_upload = PausedUpload(loser, _ingest_request(workspace, "some"), loser.store_blob)
        await paused_upload.reached()
        await Intake(
            environment.database, store, StorageKeys(environment.database, store), Sandbox(SandboxConfig())
        ).create_asset(_ingest_request(workspace, "some"))
        id = await paused_upload.finish()
        assert (await Assets(environment.database).get(workspace, id)).id == id
        await store.close()

    environment.runner.run(race())


class Bytes:
    """A body that is in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        await sink.write(self._content)
        return DeclaredMetadata(name="some.thing")


class PausedUpload:
    """An upload that pauses after one of the pipeline's steps until `finish` or `crash`."""

    def __init__(self, intake: Intake, ingest_request: IngestRequest, after: Step) -> None:
        self.ingest_request = ingest_request
        self.has_stored_blob = after == intake.store_blob
        self._reached, self._go_on = asyncio.Event(), asyncio.Event()
        position = intake.steps.index(after) + 1
        intake.steps = (*intake.steps[:position], self._pause, *intake.steps[position:])
        self._task = asyncio.ensure_future(intake.create_asset(ingest_request))

    async def _pause(self, _: IngestState) -> None:
        self._reached.set()
        await self._go_on.wait()

    async def reached(self) -> None:
        await self._reached.wait()

    async def finish(self) -> UUID:
        self._go_on.set()
        return (await self._task).id

    async def crash(self) -> None:
        """Cancel it: stored bytes stay, no row is written."""
        self._task.cancel()
        await asyncio.wait([self._task])


class MarkedOnly(GarbageCollector):
    """The part of the collection that is safe without a grace period while uploads are in progress."""

    async def _mark_stale_writes(self) -> None:
        pass


class GarbageMachine(RuleBasedStateMachine):
    """`expected` is the model: the workspace and the content of each asset."""

    def __init__(self, environment: Environment) -> None:
        super().__init__()
        self._run, self.database = environment.runner.run, environment.database
        self._folder = tempfile.TemporaryDirectory(prefix="housekeeping-")
        self.store = Disk(Path(self._folder.name) / "blobs")
        self.assets = Assets(self.database)
        self.expected: dict[UUID, tuple[UUID, str]] = {}
        self.paused: list[tuple[PausedUpload, str]] = []
        self.lost: set[str] = set()
        self.workspaces = self._run(self._make_workspaces())

    @rule(workspace=workspaces, content=contents)
    def upload(self, workspace: int, content: str) -> None:
        self._run(self._upload(self.workspaces[workspace], content))

    @rule(number=numbers)
    @precondition(lambda self: self.expected)
    def delete(self, number: int) -> None:
        self._run(self._delete(self._asset(number)))

    @rule(workspace=workspaces, content=contents, blob_stored=st.booleans())
    def pause_upload(self, workspace: int, content: str, blob_stored: bool) -> None:
        self._run(self._pause(self.workspaces[workspace], content, blob_stored=blob_stored))

    @rule(number=numbers)
    @precondition(lambda self: self.paused)
    def finish_upload(self, number: int) -> None:
        self._run(self._finish(*self.paused.pop(number % len(self.paused))))

    @rule(number=numbers)
    @precondition(lambda self: self.paused)
    def crash_upload(self, number: int) -> None:
        self._run(self.paused.pop(number % len(self.paused))[0].crash())

    @rule()
    def collect_within_grace_period(self) -> None:
        """Marks go at once, of keys alone whose bytes were lost and are stored anew under another key."""
        marked = self._run(self._marked_keys())
        assert marked <= self.lost
        collected = self._run(GarbageCollector(self.database, self.store).run())
        assert (collected.blobs, collected.storage_keys) == (0, len(marked))

    @rule()
    @precondition(lambda self: not any(upload.has_stored_blob for upload, _ in self.paused))
    def collect_without_grace_period(self) -> None:
        self._run(GarbageCollector(self.database, self.store, NO_GRACE_PERIOD).run())

    @rule(workspace=workspaces, uploads=st.lists(contents, min_size=1, max_size=4), number=numbers)
    def run_concurrently(self, workspace: int, uploads: list[str], number: int) -> None:
        """Run uploads of equal content, a deletion and a collection concurrently."""
        races: list[Coroutine[Any, Any, None]] = [self._upload(self.workspaces[workspace], each) for each in uploads]
        if self.expected:
            races.append(self._delete(self._asset(number)))
        self._run(_gather([*races, self._collect_marked()]))

    @rule(number=numbers)
    @precondition(lambda self: self.expected)
    def delete_bytes_and_upload_again(self, number: int) -> None:
        """The upload restores the bytes of every asset with this content."""
        id = self._asset(number)
        workspace, content = self.expected[id]
        self._run(self._lose(workspace, id))
        self._run(self._upload(workspace, content))

    @invariant()
    def every_asset_is_readable_in_its_own_workspace(self) -> None:
        found = {id: self._run(self._blob(id)) for id in self.expected}
        owners: dict[str, UUID] = {}
        for id, (key, owner, content) in found.items():
            workspace, name = self.expected[id]
            assert (owner, content) == (workspace, CONTENTS[name])
            assert owners.setdefault(key, owner) == owner

    def teardown(self) -> None:
        """Two collections without grace period leave exactly one blob for each workspace and content."""
        for upload, _ in self.paused:
            self._run(upload.crash())
        self.collect_without_grace_period()
        self.collect_without_grace_period()
        stored = self._run(self._stored_keys())
        referenced = {self._run(self._blob(id))[0] for id in self.expected}
        assert stored == referenced
        assert len(referenced) == len(set(self.expected.values()))
        self._run(self.store.close())
        self._folder.cleanup()

    async def _make_workspaces(self) -> list[UUID]:
        async with self.database.connection() as conn:
            return [(await ensure_workspace(conn, uuid4(), uuid4().hex))[0] for _ in range(2)]

    async def _upload(self, workspace: UUID, content: str) -> None:
        asset = await self._intake().create_asset(_ingest_request(workspace, content))
        self.expected[asset.id] = (workspace, content)

    async def _delete(self, id: UUID) -> None:
        workspace, _ = self.expected.pop(id)
        await self.assets.delete(workspace, id)

    async def _pause(self, workspace: UUID, content: str, *, blob_stored: bool) -> None:
        intake = self._intake()
        upload = PausedUpload(
            intake, _ingest_request(workspace, content), intake.store_blob if blob_stored else intake.deduplicate
        )
        await upload.reached()
        self.paused.append((upload, content))

    async def _finish(self, upload: PausedUpload, content: str) -> None:
        self.expected[await upload.finish()] = (upload.ingest_request.workspace_id, content)

    async def _collect_marked(self) -> None:
        await MarkedOnly(self.database, self.store, NO_GRACE_PERIOD).run()

    async def _lose(self, workspace: UUID, id: UUID) -> None:
        key = (await self.assets.get(workspace, id)).file.blob.storage_key
        self.lost.add(key)
        await self.store.delete(key)

    async def _blob(self, id: UUID) -> tuple[str, UUID, bytes]:
        blob = (await self.assets.get(self.expected[id][0], id)).file.blob
        chunks = [chunk async for chunk in self.store.read(blob.storage_key, 0, blob.size)]
        return blob.storage_key, blob.workspace_id, b"".join(chunks)

    async def _marked_keys(self) -> set[str]:
        async with self.database.connection() as conn:
            return set(await pending_writes.list_marked(conn, 1_000))

    async def _stored_keys(self) -> set[str]:
        return {stored.key async for stored in self.store.list_objects()}

    def _asset(self, number: int) -> UUID:
        return list(self.expected)[number % len(self.expected)]

    def _intake(self) -> Intake:
        return Intake(self.database, self.store, StorageKeys(self.database, self.store), Sandbox(SandboxConfig()))


async def _gather(races: list[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*races)


def _ingest_request(workspace: UUID, content: str) -> IngestRequest:
    return IngestRequest(
        workspace_id=workspace, body=Bytes(CONTENTS[content]), policy=ANYTHING, describe=lambda _: AssetFields()
    )
