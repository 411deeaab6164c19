"""Replacements, restores, deletions, the trash, expiry and garbage collection in random order, against a small model.

Every version that the model has is listed with its content, no other one is, and no bytes are lost or left.
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
from mediatheque.errors import Conflict, NotFound, VersionNotFound
from mediatheque.library import Library
from mediatheque.library.ingest.sources import AssetContent
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Scope
from mediatheque.records.database import Database, DatabaseConfig
from tests import samples
from tests.library.catalog.contents import content_of, count, findings, replace, stored_keys, take
from tests.rounds import examples

CONTENTS = tuple(samples.jpeg(seed=seed) for seed in range(4))
KEPT = 2
choices = st.integers(0, 99)
contents = st.sampled_from(CONTENTS)


class Model:
    """An asset as it should be: contents by number, the current one with the highest."""

    def __init__(self, id: UUID, content: bytes) -> None:
        self.id = id
        self.versions = {1: content}
        self.last = 1
        self.is_trashed = False

    @property
    def current(self) -> bytes:
        return self.versions[self.last]

    def replace(self, content: bytes) -> None:
        if content == self.current:
            return
        self.last += 1
        self.versions[self.last] = content
        self.versions = {number: self.versions[number] for number in sorted(self.versions)[-KEPT - 1 :]}


class Versioning(RuleBasedStateMachine):
    """The library's operations, each compared with the model."""

    def __init__(self, runner: asyncio.Runner, database: Database, sandbox: Sandbox) -> None:
        super().__init__()
        self._runner = runner
        self._folder = tempfile.TemporaryDirectory(prefix="versions-")
        self.library = Library(database, Disk(Path(self._folder.name) / "blobs"), sandbox, max_versions=KEPT)
        self.workspace = self._run(self._new_workspace())
        self.assets: list[Model] = []

    @rule(content=contents)
    @precondition(lambda self: len(self.assets) < 4)
    def create(self, content: bytes) -> None:
        asset = self._run(take(self.library, self.workspace, content))
        self.assets.append(Model(asset.id, content))

    @rule(choice=choices, content=contents)
    @precondition(lambda self: self.assets)
    def replace(self, choice: int, content: bytes) -> None:
        model = self._pick(choice)
        if model.is_trashed:
            self._fails(NotFound, self._replace(model, content))
        else:
            self._run(self._replace(model, content))
            model.replace(content)

    @rule(choice=choices, other=choices)
    @precondition(lambda self: self.assets)
    def take_content(self, choice: int, other: int) -> None:
        model, source = self._pick(choice), self._pick(other)
        work = self.library.replacements.replace_by(self.workspace, model.id, AssetContent(source.id))
        if model.is_trashed or source.is_trashed:
            self._fails(NotFound, work)
        else:
            self._run(work)
            model.replace(source.current)

    @rule(choice=choices, number=st.integers(1, 6))
    @precondition(lambda self: self.assets)
    def restore_version(self, choice: int, number: int) -> None:
        model = self._pick(choice)
        work = self.library.catalog.versions.restore(self.workspace, model.id, number)
        if model.is_trashed or number not in model.versions:
            self._fails(NotFound if model.is_trashed else VersionNotFound, work)
        else:
            self._run(work)
            model.replace(model.versions[number])

    @rule(choice=choices, number=st.integers(1, 6))
    @precondition(lambda self: self.assets)
    def delete_version(self, choice: int, number: int) -> None:
        model = self._pick(choice)
        work = self.library.catalog.versions.delete(self.workspace, model.id, number)
        if model.is_trashed or number not in model.versions:
            self._fails(NotFound, work)
        elif number == model.last:
            self._fails(Conflict, work)
        else:
            self._run(work)
            del model.versions[number]

    @rule(choice=choices)
    @precondition(lambda self: self.assets)
    def trash_or_restore(self, choice: int) -> None:
        model, trash = self._pick(choice), self.library.catalog.trash
        self._run((trash.restore if model.is_trashed else trash.move)(self.workspace, model.id))
        model.is_trashed = not model.is_trashed

    @rule(choice=choices)
    @precondition(lambda self: self.assets)
    def end(self, choice: int) -> None:
        """Purge it from the trash, or delete it as the vendors' dialects do."""
        model, catalog = self._pick(choice), self.library.catalog
        self._run((catalog.trash.purge if model.is_trashed else catalog.assets.delete)(self.workspace, model.id))
        self.assets.remove(model)

    @rule(choice=choices)
    @precondition(lambda self: self.assets)
    def expire(self, choice: int) -> None:
        model = self._pick(choice)
        self._run(self._expire(model.id))
        self.assets.remove(model)

    @rule()
    def collect(self) -> None:
        self._run(self._collect())
        assert self._run(findings(self.library)) == []
        kept = {content for model in self.assets for content in model.versions.values()}
        assert len(self._run(stored_keys(self.library))) == len(kept)
        assert self._run(count(self.library, f"file WHERE workspace_id = '{self.workspace}'")) == sum(
            len(model.versions) for model in self.assets
        )

    @invariant()
    def versions_are_those_of_the_model(self) -> None:
        for model in self.assets:
            if not model.is_trashed:
                assert self._run(self._versions(model)) == model.versions

    def teardown(self) -> None:
        self._run(self._forget())
        self._folder.cleanup()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def _pick(self, choice: int) -> Model:
        return self.assets[choice % len(self.assets)]

    def _fails(self, error: type[Exception], work: Coroutine[Any, Any, Any]) -> None:
        with pytest.raises(error):
            self._run(work)

    async def _replace(self, model: Model, content: bytes) -> None:
        asset = await self.library.catalog.assets.get(self.workspace, model.id)
        await replace(self.library, asset, content)

    async def _versions(self, model: Model) -> dict[int, bytes]:
        asset = await self.library.catalog.assets.get(self.workspace, model.id)
        found, more = await self.library.catalog.versions.page(self.workspace, model.id, None, 100)
        assert not more
        return {version.number: await content_of(self.library, asset, version.number) for version in found}

    async def _expire(self, id: UUID) -> None:
        async with self.library.database.connection() as conn:
            await conn.execute(
                """
                UPDATE file SET expires_at = now() WHERE id IN (
                    SELECT file_id FROM asset WHERE id = %(id)s
                    UNION SELECT file_id FROM asset_version WHERE asset_id = %(id)s
                )
                """,
                {"id": id},
            )

    async def _collect(self) -> None:
        await self.library.storage_keys.close()  # else the keys that this server has for uploads would end
        for _ in range(2):
            await GarbageCollector(self.library.database, self.library.store, timedelta(0)).run()

    async def _forget(self) -> None:
        """Leave nothing in the database: the next example has another store."""
        for model in self.assets:
            await self._expire(model.id)
        await self._collect()

    async def _new_workspace(self) -> UUID:
        key = await self.library.accounts.create_key(uuid4().hex, frozenset(Scope))
        return (await self.library.accounts.authenticate(key)).workspace_id


@pytest.fixture
def database(database_url: str) -> Iterator[tuple[asyncio.Runner, Database]]:
    with asyncio.Runner() as runner:
        database = Database(DatabaseConfig(url=database_url))
        runner.run(database.open())
        yield runner, database
        runner.run(database.close())


@pytest.mark.timeout(600)  # hypothesis shortens what it found; without a finding it takes seconds
@pytest.mark.sampled
def test_versions_agree_with_the_model(database: tuple[asyncio.Runner, Database], sandbox: Sandbox) -> None:
    run_state_machine_as_test(
        lambda: Versioning(*database, sandbox),
        settings=settings(
            max_examples=examples(15),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
