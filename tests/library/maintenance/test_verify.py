"""Every kind of damage is found, on disk and in a bucket, and put right; nothing is found beside work going on."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from mediatheque.blobs import BlobStore, Disk, ObjectSummary, new_key
from mediatheque.blobs.object_store.s3_bucket import S3Bucket
from mediatheque.errors import BlobsUnavailable, NotFound
from mediatheque.library import Library
from mediatheque.library.maintenance import verify as verifying
from mediatheque.library.maintenance.garbage import GarbageCollector
from mediatheque.library.maintenance.repair import Repair, doubts
from mediatheque.library.maintenance.verify import Finding, FindingKind, Verification
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Asset, Scope
from mediatheque.records.database import Database, DatabaseConfig
from mediatheque.records.storage import pending_writes
from tests import samples
from tests.library.ingest_requests import ingest_request
from tests.seaweed import Seaweed

AT_ONCE = timedelta(seconds=-60)


@pytest.fixture(params=["disk", "bucket"])
async def library_on_disk(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, sandbox: Sandbox
) -> AsyncIterator[Library]:
    store: BlobStore = Disk(tmp_path / "blobs")
    if request.param == "bucket":
        seaweed: Seaweed = request.getfixturevalue("seaweed")
        store = S3Bucket(seaweed.url(), tmp_path / "spool", settle=0)
    async with Database(DatabaseConfig(url=database_url, pool_min=1)) as database:
        yield Library(database, store, sandbox)
    await store.close()


def over(library: Library, store: BlobStore) -> Library:
    """The same rows over another store."""
    return Library(library.database, store, library.sandbox)


async def make_workspace(library: Library, name: str = "one") -> UUID:
    key = await library.accounts.create_key(name, frozenset(Scope))
    return (await library.accounts.authenticate(key)).workspace_id


def picture() -> bytes:
    """One that is like no other."""
    return samples.jpeg() + secrets.token_bytes(8)


async def take(library: Library, workspace: UUID, data: bytes | None = None) -> Asset:
    return await library.ingest.create_asset(ingest_request(workspace, data or picture()))


async def found(library: Library, *, quick: bool = False) -> list[Finding]:
    return [finding async for finding in Verification(library.database, library.store, quick=quick).findings()]


async def faults(library: Library, *, quick: bool = False) -> list[FindingKind]:
    return [finding.fault for finding in await found(library, quick=quick)]


async def put_right(library: Library) -> list[str]:
    """What was said about it; the same findings once more change nothing."""
    findings = await found(library)
    repair = Repair(library.database, library.store)
    said = [line for finding in findings for line in await repair.repair(finding)]
    for finding in findings:
        await repair.repair(finding)
    return said


async def store_bytes(library: Library, data: bytes, key: str) -> None:
    path = library.store.spool / f"{uuid4().hex}.spool"
    path.write_bytes(data)
    await library.store.put_file(path, key)


async def execute(library: Library, statement: str, *parameters: object) -> None:
    async with library.database.connection() as conn:
        await conn.execute(statement.encode(), parameters)


async def lose(library: Library, asset: Asset) -> None:
    await library.store.delete(asset.file.blob.storage_key)


async def shorten(library: Library, asset: Asset) -> None:
    await lose(library, asset)
    await store_bytes(library, b"short", asset.file.blob.storage_key)


async def damage(library: Library, asset: Asset) -> None:
    await lose(library, asset)
    await store_bytes(library, bytes(asset.file.blob.size), asset.file.blob.storage_key)


async def test_verify_finds_nothing(library_on_disk: Library) -> None:
    workspace = await make_workspace(library_on_disk)
    for data in (picture(), picture(), samples.png(), samples.png()):
        await take(library_on_disk, workspace, data)
    gone = await take(library_on_disk, workspace)
    await library_on_disk.catalog.assets.delete(workspace, gone.id)  # its bytes wait for the sweep
    verification = Verification(library_on_disk.database, library_on_disk.store)
    assert [finding async for finding in verification.findings()] == []
    assert (verification.blobs, verification.stored) == (4, 4)
    assert verification.bytes_read == sum([stored.size async for stored in library_on_disk.store.list_objects()])


@pytest.mark.parametrize(
    ("harm", "fault"), [(lose, FindingKind.MISSING), (shorten, FindingKind.WRONG_SIZE), (damage, FindingKind.DAMAGED)]
)
async def test_repair_deletes_rows_with_missing_or_wrong_bytes(
    library_on_disk: Library, harm: Callable[[Library, Asset], Awaitable[None]], fault: FindingKind
) -> None:
    workspace, other = await make_workspace(library_on_disk), await make_workspace(library_on_disk, "two")
    data = picture()
    harmed = [await take(library_on_disk, workspace, data) for _ in range(2)]
    unharmed = [await take(library_on_disk, workspace), await take(library_on_disk, other, data)]
    await harm(library_on_disk, harmed[0])
    blob = harmed[0].file.blob
    assert await found(library_on_disk) == [Finding(fault=fault, blob=blob, storage_key=blob.storage_key)]
    said = await put_right(library_on_disk)
    names = {f"removed asset {asset.id} {asset.title!r}" for asset in harmed}
    names |= {f"removed file {asset.file.id} {asset.file.name!r}" for asset in harmed}
    assert set(said) == {*names, f"removed blob {blob.id}"}
    assert await faults(library_on_disk) == []
    assert await library_on_disk.store.size(blob.storage_key) is None
    for asset in harmed:
        with pytest.raises(NotFound):
            await library_on_disk.catalog.assets.get(workspace, asset.id)
    for asset in unharmed:
        assert await library_on_disk.catalog.assets.get(asset.workspace_id, asset.id)
    again = await take(library_on_disk, workspace, data)
    assert await library_on_disk.store.size(again.file.blob.storage_key) == len(data)


async def test_quick_finds_missing_but_not_damaged_bytes(library_on_disk: Library) -> None:
    workspace = await make_workspace(library_on_disk)
    await damage(library_on_disk, await take(library_on_disk, workspace))
    assert await faults(library_on_disk, quick=True) == []
    await lose(library_on_disk, await take(library_on_disk, workspace))
    assert await faults(library_on_disk, quick=True) == [FindingKind.MISSING]
    assert sorted(await faults(library_on_disk)) == [FindingKind.DAMAGED, FindingKind.MISSING]


async def test_repair_deletes_unknown_bytes_only(library_on_disk: Library) -> None:
    """Named they are by a blob, by a placement that began or was given up, or by an upload."""
    workspace = await make_workspace(library_on_disk)
    kept = await take(library_on_disk, workspace)
    begun, given_up, promised, unknown = keys = [new_key() for _ in range(4)]
    for key in keys:
        await store_bytes(library_on_disk, b"some bytes", key)
    async with library_on_disk.database.connection() as conn:
        await pending_writes.begin(conn, [begun])
        await pending_writes.mark_for_deletion(conn, [given_up])
    await execute(library_on_disk, _PROMISE, uuid4(), workspace, uuid4(), promised)
    assert await found(library_on_disk) == [Finding(fault=FindingKind.UNKNOWN, storage_key=unknown, detail="10 bytes")]
    assert await put_right(library_on_disk) == [f"removed the bytes under {unknown}"]
    assert await faults(library_on_disk) == []
    assert {stored.key async for stored in library_on_disk.store.list_objects()} == {
        kept.file.blob.storage_key,
        begun,
        given_up,
        promised,
    }


_PROMISE = """
    INSERT INTO upload (id, workspace_id, key_id, file_id, token_hash, name, expires_at, method, storage_key)
    SELECT %s, %s, id, %s, decode(repeat('00', 32), 'hex'), 'a', now(), 'multipart', %s FROM api_key LIMIT 1
"""


async def test_contradictory_rows_are_found(library: Library) -> None:
    mine, theirs = await make_workspace(library), await make_workspace(library, "two")
    neglected, first, second, third = [await take(library, mine) for _ in range(4)]
    await execute(library, "DELETE FROM asset WHERE id = %s", neglected.id)
    await execute(library, "DELETE FROM file WHERE id = %s", neglected.file.id)
    await execute(library, "UPDATE blob SET workspace_id = %s WHERE id = %s", theirs, first.file.blob.id)
    await execute(library, "UPDATE asset SET workspace_id = %s WHERE id = %s", theirs, second.id)
    folder = "INSERT INTO folder (id, workspace_id, name, project_type) VALUES (%s, %s, 'a', 'b')"
    await execute(library, folder, theirs, theirs)
    await execute(library, "UPDATE asset SET folder_id = %s WHERE id = %s", theirs, third.id)
    said = {finding.detail for finding in await found(library) if finding.fault is FindingKind.CROSS_WORKSPACE}
    assert said == {
        f"file {first.file.id} is not of the workspace of its blob {first.file.blob.id}",
        f"asset {second.id} is not of the workspace of its file {second.file.id}",
        f"asset {third.id} is not of the workspace of its folder {theirs}",
    }
    said_then = [line for line in await put_right(library) if not line.startswith("corrected")]
    assert said_then == [f"left blob {neglected.file.blob.id} to the garbage collection"]
    assert await faults(library) == [FindingKind.CROSS_WORKSPACE] * 3
    assert (await GarbageCollector(library.database, library.store, AT_ONCE).run()).blobs == 1


class DiskWithHook(Disk):
    """Something happens between two looks: `meanwhile` is called once, with the key that is asked about next."""

    meanwhile: Callable[[str], Awaitable[None]] | None = None

    async def list_objects(self, *, allow_missing: bool = False) -> AsyncIterator[ObjectSummary]:
        async for stored in super().list_objects(allow_missing=allow_missing):
            await self._happen(stored.key)
            yield stored

    async def size(self, key: str) -> int | None:
        await self._happen(key)
        return await super().size(key)

    async def _happen(self, key: str) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await meanwhile(key)


async def test_concurrent_deletion_is_not_a_finding(library: Library, tmp_path: Path) -> None:
    library = over(library, DiskWithHook(tmp_path / "blobs"))
    workspace = await make_workspace(library)

    async def collect(_: str) -> None:
        await library.catalog.assets.delete(workspace, asset.id)
        assert (await GarbageCollector(library.database, library.store, AT_ONCE).run()).blobs == 1

    for look in (verifying.Verification._check_blobs, verifying.Verification._check_store):
        asset = await take(library, workspace)
        library.store.meanwhile = collect  # type: ignore[attr-defined]
        assert [finding async for finding in look(Verification(library.database, library.store))] == []
        assert library.store.meanwhile is None  # type: ignore[attr-defined]


async def test_concurrent_replacement_of_bytes_is_not_a_finding(library: Library, tmp_path: Path) -> None:
    library = over(library, DiskWithHook(tmp_path / "blobs"))
    workspace, data = await make_workspace(library), picture()
    await lose(library, asset := await take(library, workspace, data))

    class Late(Verification):
        async def _fault(self, blob):  # type: ignore[no-untyped-def]
            fault = await super()._fault(blob)
            await take(library, workspace, data)
            return fault

    assert [finding async for finding in Late(library.database, library.store).findings()] == []
    assert await library.catalog.assets.get(workspace, asset.id)
    assert await faults(library) == []


async def test_late_repair_keeps_replaced_bytes(library: Library) -> None:
    workspace, data = await make_workspace(library), picture()
    await lose(library, asset := await take(library, workspace, data))
    (finding,) = await found(library)
    await take(library, workspace, data)
    assert await Repair(library.database, library.store).repair(finding) == []
    assert await library.catalog.assets.get(workspace, asset.id)
    assert await faults(library) == []


async def test_verify_beside_uploads_deletions_and_collections_finds_nothing(library_on_disk: Library) -> None:
    workspace = await make_workspace(library_on_disk)
    done = asyncio.Event()
    taken = 0

    async def work() -> None:
        nonlocal taken
        while not done.is_set():
            asset = await take(library_on_disk, workspace)
            taken += 1
            if taken % 3:
                await library_on_disk.catalog.assets.delete(workspace, asset.id)

    async def collect() -> None:
        """Collect garbage, except stale pending writes: what is being stored now has a day."""
        collector = GarbageCollector(library_on_disk.database, library_on_disk.store, AT_ONCE)
        while not done.is_set():
            await collector._delete_unreferenced()
            await collector._delete_marked()

    async with asyncio.TaskGroup() as working:
        for _ in range(3):
            working.create_task(work())
        working.create_task(collect())
        try:
            looks = 0
            while looks < 10 or taken <= 10:
                assert await found(library_on_disk) == []
                looks += 1
        finally:
            done.set()


class UnreadableDisk(Disk):
    """Cannot read what is named `sick`; goes away altogether by that if it is `dying`."""

    sick = ""
    dying = away = False

    async def read(self, key: str, start: int, length: int) -> AsyncGenerator[bytes, None]:
        if key == self.sick:
            self.away = self.dying
            raise BlobsUnavailable
        async for chunk in super().read(key, start, length):
            yield chunk

    async def ready(self) -> None:
        if self.away:
            raise BlobsUnavailable
        await super().ready()


async def test_unreadable_blob_is_found_and_kept(library: Library, tmp_path: Path) -> None:
    store = UnreadableDisk(tmp_path / "blobs")
    library = over(library, store)
    workspace = await make_workspace(library)
    asset, _ = await take(library, workspace), await take(library, workspace)
    store.sick = asset.file.blob.storage_key
    assert await faults(library) == [FindingKind.UNREADABLE]
    assert await put_right(library) == []
    store.dying = True
    with pytest.raises(BlobsUnavailable):
        await faults(library)


async def test_more_rows_than_a_page(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_PAGE", 3)
    workspace = await make_workspace(library)
    assets = [await take(library, workspace) for _ in range(8)]
    for asset in assets[::2]:
        await lose(library, asset)
    for _ in range(4):
        await store_bytes(library, b"?", new_key())
    assert sorted(await faults(library)) == sorted([FindingKind.MISSING] * 4 + [FindingKind.UNKNOWN] * 4)


@pytest.mark.parametrize(
    ("blobs", "missing", "stored", "unknown", "doubtful"),
    [
        (100, 0, 100, 0, False),
        (100, 50, 50, 0, False),
        (100, 51, 49, 0, True),
        (20, 10, 10, 0, False),
        (12, 11, 1, 0, True),
        (10, 9, 1, 0, False),
        (3, 3, 0, 0, True),
        (0, 0, 10, 10, False),
        (0, 0, 11, 11, True),
        (11, 0, 22, 11, True),
        (11, 0, 22, 10, False),
        (10, 0, 22, 12, True),
        (10, 0, 1000, 50, False),
        (10, 0, 1000, 51, True),
    ],
)
async def test_reasons_not_to_repair(
    library: Library, blobs: int, missing: int, stored: int, unknown: int, doubtful: bool
) -> None:
    verification = Verification(library.database, library.store)
    verification.blobs, verification.stored = blobs, stored
    findings = [Finding(fault=FindingKind.MISSING)] * missing + [Finding(fault=FindingKind.UNKNOWN)] * unknown
    assert bool(doubts(verification, findings)) == doubtful


@pytest.mark.parametrize("fault", [FindingKind.DAMAGED, FindingKind.WRONG_SIZE])
async def test_damaged_bytes_are_kept_without_force(library: Library, fault: FindingKind) -> None:
    verification = Verification(library.database, library.store)
    verification.blobs = verification.stored = 1000
    assert doubts(verification, [Finding(fault=fault)])
