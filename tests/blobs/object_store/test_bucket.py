"""The contract on a real S3 server, and the failures of a bucket."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import obstore
import pytest
from structlog.testing import capture_logs

from mediatheque.blobs import BlobsConfig, BlobStore, Bucket, PlainBucket, Presigns, Spool, open_store
from mediatheque.blobs.local.parts import LocalParts
from mediatheque.errors import BlobsUnavailable
from tests.contracts.blob_store import (
    MISSING,
    PART,
    BlobStoreContract,
    content,
    eventually,
    file_names,
    get,
    put,
    spool_files,
    stored,
)
from tests.contracts.parts import PartsContract
from tests.seaweed import SECRET, Seaweed


@pytest.fixture
async def store(seaweed: Seaweed, tmp_path: Path) -> AsyncIterator[PlainBucket]:
    bucket = PlainBucket(seaweed.url(), tmp_path / "spool", settle=0)
    yield bucket
    await bucket.close()


class TestBucket(BlobStoreContract):
    """Every line of the contract."""


class TestPartsBesideTheBucket(PartsContract):
    """Parts for Google and Azure, gathered locally in slots of one page."""

    threshold_bytes = 4096

    @pytest.fixture(autouse=True)
    def small_slots(self, store: PlainBucket) -> None:
        store.parts = LocalParts(store, store.spool.with_name("parts"), slot_bytes=self.threshold_bytes)

    async def stored_parts(self, store: BlobStore) -> list[str]:
        return file_names(store.spool.with_name("parts"))


@pytest.mark.parametrize("location", ["gs://media/prefix", "az://media/prefix?account_name=account"])
async def test_google_and_azure_use_local_parts_and_do_not_presign(location: str, tmp_path: Path) -> None:
    store = open_store(BlobsConfig(location=location, spool=tmp_path / "deep" / "spool"))
    assert isinstance(store, PlainBucket)
    assert not isinstance(store, Presigns)
    assert store.local_path(MISSING) is None
    assert (tmp_path / "deep" / "parts").is_dir()
    with pytest.raises(ValueError, match="public_endpoint"):
        BlobsConfig(location=location, public_endpoint="https://media.example.com")


async def test_prefixes_are_isolated(seaweed: Seaweed, store: Bucket, tmp_path: Path) -> None:
    neighbour = PlainBucket(seaweed.url(), tmp_path / "spool", settle=0)
    key = await put(store, b"mine")
    assert await neighbour.size(key) is None
    assert await stored(neighbour) == {}
    await neighbour.delete(key)
    assert await get(store, key, 0, 4) == b"mine"
    await neighbour.close()


async def test_listing_skips_foreign_objects(seaweed: Seaweed, tmp_path: Path) -> None:
    url = seaweed.url()
    prefix = url.partition("?")[0].rpartition("/")[2]
    store = PlainBucket(url, tmp_path / "spool", settle=0)
    key = await put(store, b"ours")
    for name in ("notes.txt", f"deeper/{MISSING}", MISSING.upper()):
        await obstore.put_async(seaweed.client(), f"{prefix}/{name}", b"not ours", use_multipart=False)
    assert await stored(store) == {key: 4}
    await store.close()


async def test_cancelled_upload_leaves_no_parts(seaweed: Seaweed, store: Bucket) -> None:
    async with Spool(store.spool, limit=1 << 40) as spool:
        await spool.write(content(6 * PART))
        await spool.finish()
        put_task = asyncio.ensure_future(store.put_file(spool.path))
        await eventually(lambda: seaweed.unfinished_uploads() != [])
        put_task.cancel()
        await asyncio.wait([put_task])
    assert put_task.cancelled()
    assert seaweed.unfinished_uploads() == []
    assert await stored(store) == {}
    assert spool_files(store) == []


async def test_truncated_spool_file_leaves_no_parts(seaweed: Seaweed, store: Bucket) -> None:
    async with Spool(store.spool, limit=1 << 40) as spool:
        await spool.write(content(4 * PART))
        await spool.finish()
        put_task = asyncio.ensure_future(store.put_file(spool.path))
        await eventually(lambda: seaweed.unfinished_uploads() != [])
        with spool.path.open("r+b") as file:
            file.truncate(PART + 1)
        with pytest.raises(BlobsUnavailable):
            await put_task
    assert seaweed.unfinished_uploads() == []
    assert await stored(store) == {}


def operations(store: Bucket) -> list[Callable[[], Awaitable[object]]]:
    return [
        lambda: put(store, b"x"),
        lambda: put(store, bytes(PART + 1)),
        lambda: store.size(MISSING),
        lambda: get(store, MISSING, 0, 1),
        lambda: store.delete(MISSING),
        lambda: stored(store),
        store.ready,
    ]


async def all_operations_are_unavailable(store: Bucket, seconds: float) -> None:
    for operation in operations(store):
        start = time.monotonic()
        with pytest.raises(BlobsUnavailable):
            await operation()
        assert time.monotonic() - start < seconds
    assert spool_files(store) == []


async def test_stopped_store_is_unavailable_at_once_and_recovers(seaweed: Seaweed, store: Bucket) -> None:
    key = await put(store, b"still there")
    seaweed.stop()
    try:
        await all_operations_are_unavailable(store, seconds=20)
    finally:
        seaweed.start()
    await store.ready()
    assert await get(store, key, 0, 11) == b"still there"
    assert await store.size(await put(store, b"new")) == 3


async def test_silent_store_is_unavailable(seaweed: Seaweed, store: Bucket) -> None:
    seaweed.signal(signal.SIGSTOP)
    try:
        start = time.monotonic()
        results = await asyncio.gather(
            store.ready(), store.size(MISSING), get(store, MISSING, 0, 1), return_exceptions=True
        )
        assert [type(result) for result in results] == [BlobsUnavailable] * 3
        assert time.monotonic() - start < 20
    finally:
        seaweed.signal(signal.SIGCONT)
    await store.ready()


async def test_wrong_secret_is_unavailable_and_logged(seaweed: Seaweed, tmp_path: Path) -> None:
    store = PlainBucket(seaweed.url(secret="not the secret"), tmp_path / "spool", settle=0)
    with capture_logs() as logs:
        await all_operations_are_unavailable(store, seconds=20)
    assert any("403" in entry["reason"] for entry in logs)
    assert SECRET not in str(logs)
    assert "not the secret" not in str(logs)
    await store.close()


async def test_missing_bucket_is_unavailable(seaweed: Seaweed, tmp_path: Path) -> None:
    assert obstore.list(seaweed.client()).collect()  # the server is up
    store = PlainBucket(seaweed.url("no-such-bucket"), tmp_path / "spool", settle=0)
    for operation in operations(store)[2:]:
        with pytest.raises(BlobsUnavailable):
            await operation()
    await store.close()


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("ftp://host/folder", "location: expected a folder"),
        ("http://host/bucket", "location: expected a folder"),
        ("", "location: expected a folder"),
        ("s3://media?no_such_option=1", "cannot use s3://media for blobs"),
        ("s3://", "cannot use s3: for blobs"),
    ],
)
def test_invalid_location_is_refused(location: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        open_store(BlobsConfig(location=location, spool=tmp_path))


def test_error_for_an_invalid_url_hides_the_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="blobs") as refused:
        open_store(BlobsConfig(location="s3://media?secret_access_key=hush&bogus=1", spool=tmp_path))
    assert "hush" not in str(refused.value)


async def test_internal_uri_reads_the_blob_without_a_key(seaweed: Seaweed, store: Bucket) -> None:
    key = await put(store, b"content")
    uri = await store.internal_uri(key, seconds=60)
    async with httpx.AsyncClient(base_url=seaweed.endpoint) as client:
        assert (await client.get(uri)).content == b"content"
        assert (await client.get(uri.partition("?")[0])).status_code == 403
        assert (await client.put(uri, content=b"other")).status_code == 403
