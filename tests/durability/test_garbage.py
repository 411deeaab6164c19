"""Collection of garbage, against uploads, deletions and crashes in any order: a real PostgreSQL, a real folder.

hypothesis makes up the order. Whatever it is, every asset can be read, and what nothing refers to goes away.
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
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import DeclaredMetadata
from mediatheque.records import accounts
from mediatheque.records.database import Database, DatabaseConfig
from tests.rounds import examples

AT_ONCE = timedelta(0)
ANYTHING = Policy(max_bytes=1 << 20, allow_unknown_types=True)
CONTENTS = {"small": b"\0small", "some": b"\0some" * 1000, "more": b"\0more" * 20_000}
contents = st.sampled_from(sorted(CONTENTS))
workspaces = st.sampled_from([0, 1])
numbers = st.integers(0, 99)


class World:
    """What outlives an example: the loop and the database."""

    def __init__(self, runner: asyncio.Runner, database: Database) -> None:
        self.runner = runner
        self.database = database


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with asyncio.Runner() as runner:
        database = Database(DatabaseConfig(url=database_url))
        runner.run(database.open())
        yield World(runner, database)
        runner.run(database.close())


@pytest.mark.timeout(600)  # hypothesis shortens what it found; without a finding it takes seconds
@pytest.mark.sampled
def test_every_asset_stays_readable_and_garbage_goes(world: World) -> None:
    run_state_machine_as_test(
        lambda: Housekeeping(world),
        settings=settings(
            max_examples=examples(10),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


class CannotDelete(Disk):
    """A store that is away just when something is to be removed."""

    async def delete(self, key: str) -> None:
        raise BlobsUnavailable


def test_bytes_placed_in_vain_that_cannot_be_removed_do_not_refuse_what_was_committed(
    world: World, tmp_path: Path
) -> None:
    async def race() -> None:
        store = CannotDelete(tmp_path / "blobs")
        async with world.database.connection() as conn:
            workspace, _ = await accounts.ensure_workspace(conn, uuid4(), "a")
        loser = Intake(world.database, store, Sandbox(SandboxConfig()))
        late = Paused(loser, _offer(workspace, "some"), loser.store_blob)
        await late.reached()
        await Intake(world.database, store, Sandbox(SandboxConfig())).create_asset(_offer(workspace, "some"))
        id = await late.finish()
        assert (await Assets(world.database).get(workspace, id)).id == id
        await store.close()

    world.runner.run(race())


class Bytes:
    """A body that is there already."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        await sink.write(self._content)
        return DeclaredMetadata(name="some.thing")


class Paused:
    """An upload that stops after one of the intake's steps until it is told to go on, or to die there."""

    def __init__(self, intake: Intake, offer: IngestRequest, after: Step) -> None:
        self.offer = offer
        self.is_placed = after == intake.store_blob
        self._reached, self._go_on = asyncio.Event(), asyncio.Event()
        place = intake.steps.index(after) + 1
        intake.steps = (*intake.steps[:place], self._pause, *intake.steps[place:])
        self._task = asyncio.ensure_future(intake.create_asset(offer))

    async def _pause(self, _: IngestState) -> None:
        self._reached.set()
        await self._go_on.wait()

    async def reached(self) -> None:
        await self._reached.wait()

    async def finish(self) -> UUID:
        self._go_on.set()
        return (await self._task).id

    async def die(self) -> None:
        """As a crash: what was placed stays, no row is written."""
        self._task.cancel()
        await asyncio.wait([self._task])


class Doomed(GarbageCollector):
    """Only the part that needs no grace period, however many uploads are under way."""

    async def _mark_stale_writes(self) -> None:
        pass


class Housekeeping(RuleBasedStateMachine):
    """`kept` is the model: which workspace's which asset has which content."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._run, self.database = world.runner.run, world.database
        self._folder = tempfile.TemporaryDirectory(prefix="housekeeping-")
        self.store = Disk(Path(self._folder.name) / "blobs")
        self.assets = Assets(self.database)
        self.kept: dict[UUID, tuple[UUID, str]] = {}
        self.paused: list[tuple[Paused, str]] = []
        self.workspaces = self._run(self._make_workspaces())

    @rule(workspace=workspaces, content=contents)
    def upload(self, workspace: int, content: str) -> None:
        self._run(self._upload(self.workspaces[workspace], content))

    @rule(number=numbers)
    @precondition(lambda self: self.kept)
    def delete(self, number: int) -> None:
        self._run(self._delete(self._asset(number)))

    @rule(workspace=workspaces, content=contents, placed=st.booleans())
    def pause_an_upload(self, workspace: int, content: str, placed: bool) -> None:
        self._run(self._pause(self.workspaces[workspace], content, placed=placed))

    @rule(number=numbers)
    @precondition(lambda self: self.paused)
    def finish_an_upload(self, number: int) -> None:
        self._run(self._finish(*self.paused.pop(number % len(self.paused))))

    @rule(number=numbers)
    @precondition(lambda self: self.paused)
    def crash_in_an_upload(self, number: int) -> None:
        self._run(self.paused.pop(number % len(self.paused))[0].die())

    @rule()
    def sweep_within_the_grace_period(self) -> None:
        swept = self._run(GarbageCollector(self.database, self.store).run())
        assert (swept.blobs, swept.storage_keys) == (0, 0)

    @rule()
    @precondition(lambda self: not any(upload.is_placed for upload, _ in self.paused))
    def sweep_at_once(self) -> None:
        self._run(GarbageCollector(self.database, self.store, AT_ONCE).run())

    @rule(workspace=workspaces, uploads=st.lists(contents, min_size=1, max_size=4), number=numbers)
    def all_at_once(self, workspace: int, uploads: list[str], number: int) -> None:
        """Twins, a deletion and a collection race; the database decides."""
        races: list[Coroutine[Any, Any, None]] = [self._upload(self.workspaces[workspace], each) for each in uploads]
        if self.kept:
            races.append(self._delete(self._asset(number)))
        self._run(_together([*races, self._collect_doomed()]))

    @rule(number=numbers)
    @precondition(lambda self: self.kept)
    def lose_bytes_and_upload_them_again(self, number: int) -> None:
        """All assets over the same content are healed."""
        id = self._asset(number)
        workspace, content = self.kept[id]
        self._run(self._lose(workspace, id))
        self._run(self._upload(workspace, content))

    @invariant()
    def every_asset_is_readable_in_its_own_workspace(self) -> None:
        found = {id: self._run(self._blob(id)) for id in self.kept}
        owners: dict[str, UUID] = {}
        for id, (key, owner, content) in found.items():
            workspace, name = self.kept[id]
            assert (owner, content) == (workspace, CONTENTS[name])
            assert owners.setdefault(key, owner) == owner

    def teardown(self) -> None:
        """Two rounds without grace leave exactly what is referred to, once for each workspace and content."""
        for upload, _ in self.paused:
            self._run(upload.die())
        self.sweep_at_once()
        self.sweep_at_once()
        stored = self._run(self._stored_keys())
        referred = {self._run(self._blob(id))[0] for id in self.kept}
        assert stored == referred
        assert len(referred) == len(set(self.kept.values()))
        self._run(self.store.close())
        self._folder.cleanup()

    async def _make_workspaces(self) -> list[UUID]:
        async with self.database.connection() as conn:
            return [(await accounts.ensure_workspace(conn, uuid4(), uuid4().hex))[0] for _ in range(2)]

    async def _upload(self, workspace: UUID, content: str) -> None:
        asset = await self._intake().create_asset(_offer(workspace, content))
        self.kept[asset.id] = (workspace, content)

    async def _delete(self, id: UUID) -> None:
        workspace, _ = self.kept.pop(id)
        await self.assets.delete(workspace, id)

    async def _pause(self, workspace: UUID, content: str, *, placed: bool) -> None:
        intake = self._intake()
        upload = Paused(intake, _offer(workspace, content), intake.store_blob if placed else intake.deduplicate)
        await upload.reached()
        self.paused.append((upload, content))

    async def _finish(self, upload: Paused, content: str) -> None:
        self.kept[await upload.finish()] = (upload.offer.workspace_id, content)

    async def _collect_doomed(self) -> None:
        await Doomed(self.database, self.store, AT_ONCE).run()

    async def _lose(self, workspace: UUID, id: UUID) -> None:
        await self.store.delete((await self.assets.get(workspace, id)).file.blob.storage_key)

    async def _blob(self, id: UUID) -> tuple[str, UUID, bytes]:
        blob = (await self.assets.get(self.kept[id][0], id)).file.blob
        pieces = [piece async for piece in self.store.read(blob.storage_key, 0, blob.size)]
        return blob.storage_key, blob.workspace_id, b"".join(pieces)

    async def _stored_keys(self) -> set[str]:
        return {stored.key async for stored in self.store.list_objects()}

    def _asset(self, number: int) -> UUID:
        return list(self.kept)[number % len(self.kept)]

    def _intake(self) -> Intake:
        return Intake(self.database, self.store, Sandbox(SandboxConfig()))


async def _together(races: list[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*races)


def _offer(workspace: UUID, content: str) -> IngestRequest:
    return IngestRequest(
        workspace_id=workspace, body=Bytes(CONTENTS[content]), policy=ANYTHING, describe=lambda _: AssetFields()
    )
