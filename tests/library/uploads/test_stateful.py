"""Parts, retries, completions, expiry, garbage collection and deletions in random order, against a small model.

Every upload ends open, completed, refused or expired; completed files can be read, and the others leave no bytes.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mediatheque.blobs import Disk
from mediatheque.blobs.local.parts import LocalParts
from mediatheque.errors import AssetNotFound, Conflict, Invalid, NotFound, Unacceptable
from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.ingest.policy import Policy
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.uploads.direct import DeclaredFile
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import File, FileDefaults, Principal, Scope, Upload, UploadMethod
from mediatheque.records.accounts import keys, workspaces
from mediatheque.records.database import Database, DatabaseConfig
from tests import samples
from tests.library.ingest_requests import Content
from tests.rounds import examples

AT_ONCE = timedelta(0)
ANYTHING = Policy(max_bytes=1 << 20, allow_unknown_types=True)
SLOT_BYTES = 4
LIMIT = 40
PARTS = (b"\0abc", b"\0def", b"\0", b"\0longer than a slot", b"\xff\xd8\xff claims to be a picture")
SUBTITLES = samples.srt()
numbers = st.integers(0, 99)


class Model:
    """The expected state of one upload. `ended` is None while it is open, else its file's content, or the error."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.parts: dict[int, bytes] = {}
        self.sent: bytes | None = None
        self.ended: bytes | type[Exception] | None = None
        self.expired = False
        self.removed = False


class Uploading(RuleBasedStateMachine):
    """The library's operations, each compared with the model."""

    def __init__(self, runner: asyncio.Runner, database: Database, sandbox: Sandbox) -> None:
        super().__init__()
        self._run = runner.run
        self._folder = tempfile.TemporaryDirectory(prefix="uploads-")
        store = Disk(Path(self._folder.name) / "blobs")
        store.parts = LocalParts(store, store.root / "parts", SLOT_BYTES)
        self.library = Library(database, store, sandbox)
        self.principal = self._run(_principal(database))
        self.uploads: list[Model] = []

    @rule()
    def create_multipart(self) -> None:
        session = self._run(self.library.uploads.multipart.create(self.principal, "a.bin", None, FileDefaults()))
        self.uploads.append(Model(session.upload))

    @rule(number=numbers, part=st.integers(1, 4), content=st.sampled_from(PARTS))
    @precondition(lambda self: self._any(UploadMethod.MULTIPART))
    def put_part(self, number: int, part: int, content: bytes) -> None:
        model = self._pick(number, UploadMethod.MULTIPART)
        others = sum(len(each) for at, each in model.parts.items() if at != part)
        if model.expired:
            self._fails(NotFound, self._take(model, part, content))
        elif model.ended is not None or others + len(content) > LIMIT:
            self._fails((Invalid, Unacceptable), self._take(model, part, content))
        else:
            self._run(self._take(model, part, content))
            model.parts[part] = content

    @rule(number=numbers, leave_out=st.integers(0, 4), at_once=st.booleans())
    @precondition(lambda self: self._any(UploadMethod.MULTIPART))
    def finish(self, number: int, leave_out: int, at_once: bool) -> None:
        """With all parts, or all but one; once, or twice at the same time."""
        model = self._pick(number, UploadMethod.MULTIPART)
        listed = {at: each for at, each in model.parts.items() if at != leave_out}
        whole = b"".join(listed[at] for at in sorted(listed))
        if model.expired:
            self._fails(NotFound, self._finish(model, listed))
        elif isinstance(model.ended, bytes):
            expected = NotFound if model.removed else None
            self._either(expected, self._finish(model, listed))
        elif model.ended is not None:
            self._fails(model.ended, self._finish(model, listed))
        elif not listed:
            self._fails(Invalid, self._finish(model, listed))
        elif whole.startswith(b"\xff\xd8\xff"):
            self._fails(Unacceptable, self._finish(model, listed))
            model.ended = Unacceptable
        else:
            files = self._run(_together(lambda: self._finish(model, listed), 2 if at_once else 1))
            assert {file.id for file in files} == {model.upload.file_id}
            model.ended = whole

    @rule(number=numbers)
    @precondition(lambda self: self._any(UploadMethod.MULTIPART))
    def finish_with_a_wrong_etag(self, number: int) -> None:
        model = self._pick(number, UploadMethod.MULTIPART)
        if model.ended is None and not model.expired:
            self._fails(Invalid, self._finish(model, {1: b"never sent"}))

    @rule()
    def create_direct(self) -> None:
        declared = DeclaredFile(name="a.srt", mime="application/x-subrip", size=len(SUBTITLES))
        created = self._run(self.library.uploads.direct.create(self.principal, [declared]))
        self.uploads.append(Model(created.targets[0].session.upload))

    @rule(number=numbers, right=st.booleans())
    @precondition(lambda self: self._any(UploadMethod.DIRECT))
    def send(self, number: int, right: bool) -> None:
        model = self._pick(number, UploadMethod.DIRECT)
        content = SUBTITLES if right else bytes(len(SUBTITLES))
        if model.expired:
            self._fails(NotFound, self._send(model, content))
        elif isinstance(model.ended, bytes):
            asset_is_gone = AssetNotFound if model.removed else None
            self._either(asset_is_gone or (None if content == model.ended else Conflict), self._send(model, content))
        else:
            self._fails(Invalid, self._send(model, content + b"x"), also=Unacceptable)
            self._run(self._send(model, content))
            model.sent, model.ended = content, None

    @rule(number=numbers, at_once=st.booleans())
    @precondition(lambda self: self._any(UploadMethod.DIRECT))
    def complete(self, number: int, at_once: bool) -> None:
        model = self._pick(number, UploadMethod.DIRECT)
        if isinstance(model.ended, bytes) and not model.expired:
            self._either(AssetNotFound if model.removed else None, self._complete(model))
        elif model.expired and not isinstance(model.ended, bytes):
            self._fails(NotFound, self._complete(model))
        elif model.ended is Unacceptable:
            self._fails(Unacceptable, self._complete(model))
        elif model.sent is None and not model.expired:
            self._fails(Conflict, self._complete(model))
        elif not model.expired and model.sent != SUBTITLES:
            self._fails(Unacceptable, self._complete(model))
            model.ended = Unacceptable
        elif not model.expired:
            self._run(_together(lambda: self._complete(model), 2 if at_once else 1))
            model.ended = SUBTITLES

    @rule(number=numbers)
    @precondition(lambda self: self.uploads)
    def expire(self, number: int) -> None:
        model = self.uploads[number % len(self.uploads)]
        self._run(self._expire([model.upload.id]))
        model.expired = True

    @rule(number=numbers)
    @precondition(lambda self: any(isinstance(model.ended, bytes) and not model.removed for model in self.uploads))
    def remove(self, number: int) -> None:
        kept = [model for model in self.uploads if isinstance(model.ended, bytes) and not model.removed]
        self._run(self._remove(kept[number % len(kept)]))

    @rule()
    def collector(self) -> None:
        self._run(GarbageCollector(self.library.database, self.library.store).run())

    @invariant()
    def completed_files_are_readable(self) -> None:
        for model in self.uploads:
            if isinstance(model.ended, bytes) and not model.removed:
                assert self._run(self._read(model)) == model.ended

    def teardown(self) -> None:
        self._run(self._expire([model.upload.id for model in self.uploads]))
        for _ in range(3):
            self._run(GarbageCollector(self.library.database, self.library.store, AT_ONCE).run())
        kept = {model.ended for model in self.uploads if isinstance(model.ended, bytes) and not model.removed}
        assert self._run(self._stored()) == len(kept)
        root = Path(self._folder.name) / "blobs"
        assert not list((root / "parts").iterdir())
        assert not list((root / "spool").iterdir())
        assert self._run(self._rows()) == (0, 0)
        self._run(self.library.store.close())
        self._folder.cleanup()

    def _any(self, method: UploadMethod) -> bool:
        return any(model.upload.method is method for model in self.uploads)

    def _pick(self, number: int, method: UploadMethod) -> Model:
        found = [model for model in self.uploads if model.upload.method is method]
        return found[number % len(found)]

    def _fails(self, error: Any, work: Any, also: Any = ()) -> None:
        allowed = (*error, also) if isinstance(error, tuple) else (error, also)
        with pytest.raises(tuple(each for each in allowed if each)):
            self._run(work)

    def _either(self, error: type[Exception] | None, work: Any) -> None:
        if error:
            self._fails(error, work)
        else:
            self._run(work)

    async def _live(self, model: Model) -> Upload:
        return await self.library.uploads.sessions.find(
            self.principal.workspace_id, model.upload.id, model.upload.method
        )

    async def _take(self, model: Model, part: int, content: bytes) -> None:
        await self.library.uploads.multipart.put_part(await self._live(model), part, Content(content), LIMIT)

    async def _finish(self, model: Model, listed: dict[int, bytes]) -> File:
        etags = {number: hashlib.sha256(part).hexdigest() for number, part in listed.items()}
        return await self.library.uploads.multipart.complete(await self._live(model), etags, ANYTHING)

    async def _send(self, model: Model, content: bytes) -> None:
        await self.library.uploads.direct.receive(await self._live(model), Content(content))

    async def _complete(self, model: Model) -> None:
        assert model.upload.asset_id
        await self.library.uploads.direct.complete(self.principal.workspace_id, model.upload.asset_id)

    async def _expire(self, ids: list[UUID]) -> None:
        async with self.library.database.connection() as conn:
            await conn.execute("UPDATE upload SET expires_at = now() - interval '1 second' WHERE id = ANY(%s)", (ids,))

    async def _remove(self, model: Model) -> None:
        file = await self.library.catalog.files.get_public(model.upload.file_id)
        asset = await self.library.catalog.files.register(file, AssetFields())
        await self.library.catalog.assets.delete(self.principal.workspace_id, asset.id)
        model.removed = True

    async def _read(self, model: Model) -> bytes:
        blob = (await self.library.catalog.files.get_public(model.upload.file_id)).blob
        return b"".join([piece async for piece in self.library.store.read(blob.storage_key, 0, blob.size)])

    async def _stored(self) -> int:
        return len([stored async for stored in self.library.store.list_objects()])

    async def _rows(self) -> tuple[int, int]:
        async with self.library.database.connection() as conn:
            cursor = await conn.execute(
                """
                SELECT (SELECT count(*) FROM pending_write) AS p,
                    (SELECT count(*) FROM upload WHERE workspace_id = %s) AS u
                """,
                (self.principal.workspace_id,),
            )
            row = await cursor.fetchone()
            assert row
            return row["p"], row["u"]


@pytest.fixture
def database(database_url: str) -> Iterator[tuple[asyncio.Runner, Database]]:
    with asyncio.Runner() as runner:
        database = Database(DatabaseConfig(url=database_url))
        runner.run(database.open())
        yield runner, database
        runner.run(database.close())


@pytest.mark.timeout(600)  # hypothesis shortens what it found; without a finding it takes seconds
@pytest.mark.sampled
def test_uploads_agree_with_the_model(database: tuple[asyncio.Runner, Database], sandbox: Sandbox) -> None:
    run_state_machine_as_test(
        lambda: Uploading(*database, sandbox),
        settings=settings(
            max_examples=examples(30),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


async def _principal(database: Database) -> Principal:
    name = uuid4().hex
    async with database.connection() as conn:
        workspace_id, _ = await workspaces.ensure_workspace(conn, uuid4(), name)
        key_id = uuid4()
        await keys.insert_key(
            conn, id=key_id, workspace_id=workspace_id, secret_hash=bytes(32), scopes=frozenset({Scope.WRITE})
        )
    return Principal(workspace_id=workspace_id, workspace=name, key_id=key_id, scopes=frozenset({Scope.WRITE}))


async def _together(work: Callable[[], Any], times: int) -> list[Any]:
    return await asyncio.gather(*(work() for _ in range(times)))
