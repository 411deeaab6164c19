"""Multipart uploads and presigned URLs of an S3 bucket."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from botocore.stub import Stubber
from structlog.testing import capture_logs

from mediatheque.blobs import BlobsConfig, BlobStore, Presigned, Presigns, new_key, open_store
from mediatheque.blobs.mark import StoreMismatch
from mediatheque.blobs.object_store.s3_bucket import S3Bucket
from mediatheque.errors import BlobsUnavailable, LibraryError, NotFound, StorageFull
from tests.contracts.blob_store import INVALID_KEYS, MISSING, content, get, put, stored
from tests.contracts.parts import MultipartUpload, PartsContract
from tests.seaweed import BUCKET, Seaweed


@pytest.fixture
async def store(seaweed: Seaweed, tmp_path: Path) -> AsyncIterator[S3Bucket]:
    bucket = S3Bucket(seaweed.url(), tmp_path / "spool", settle=0)
    yield bucket
    for upload, name in unfinished(bucket):
        await bucket._s3.abort_multipart_upload(name, upload)
    await bucket.close()


def unfinished(store: S3Bucket) -> list[tuple[str, str]]:
    """Unfinished uploads under the store's prefix: id and name."""
    prefix = store._s3._prefix
    found = store._s3._client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads", [])
    return [(upload["UploadId"], upload["Key"].removeprefix(prefix)) for upload in found]


class TestS3Parts(PartsContract):
    """S3 accepts a part of less than `threshold_bytes` only as the last one."""

    threshold_bytes = 5 << 20

    async def stored_parts(self, store: BlobStore) -> list[str]:
        assert isinstance(store, S3Bucket)
        apart = [found.key async for found in store.objects.list_objects("parts")]
        return apart + [name for _, name in unfinished(store)]


async def test_s3_location_opens_an_s3_bucket(seaweed: Seaweed, tmp_path: Path) -> None:
    store = open_store(BlobsConfig(location=seaweed.url(), spool=tmp_path / "deep" / "spool"))
    assert isinstance(store, S3Bucket)
    assert isinstance(store, Presigns)
    assert store.local_path(MISSING) is None
    await store.ready()
    await store.close()


async def test_small_part_in_between_is_joined_after_a_crash(store: S3Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The object joined by S3 has replaced the large parts: the next call continues from there."""
    upload = await MultipartUpload.create(store)
    for number, size in enumerate((5 << 20, 10, 5 << 20, 20), 1):
        await upload.write(number, content(size, number))

    async def crash(*_: object) -> None:
        raise BlobsUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(store, "put_file", crash)
        with pytest.raises(BlobsUnavailable):
            await upload.complete()
    assert await store.size(upload.key) == 10 << 20
    await upload.complete()
    assert await upload.read() == upload.expected()


@pytest.mark.parametrize("joined", [True, False])
async def test_unknown_upload_id_is_completed_or_not_found(
    store: S3Bucket, monkeypatch: pytest.MonkeyPatch, joined: bool
) -> None:
    """AWS forgets an upload once it is completed, even if the response is lost; SeaweedFS remembers it."""
    complete = store._s3.complete_multipart_upload

    async def forgotten(name: str, upload: str, etags: dict[int, str]) -> None:
        if joined:
            await complete(name, upload, etags)
        raise NotFound

    upload = await MultipartUpload.create(store)
    await upload.write(1, b"data")
    monkeypatch.setattr(store._s3, "complete_multipart_upload", forgotten)
    with nullcontext() if joined else pytest.raises(NotFound):
        await upload.complete()
    assert await stored(store) == ({upload.key: 4} if joined else {})


async def send(presigned: Presigned, data: bytes, **headers: str) -> int:
    """Send bytes as a client does: without a key, with the given headers."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.put(presigned.url, content=data, headers={**presigned.headers, **headers})
    return answer.status_code


async def quarantined(store: S3Bucket) -> dict[str, int]:
    return {found.key: found.size async for found in store.objects.list_objects("quarantine")}


async def test_presigned_upload_stays_in_quarantine_until_promoted(store: S3Bucket) -> None:
    key, target, data = new_key(), new_key(), content(100_000)
    presigned = await store.presign(key, size=len(data), seconds=60)
    assert await store.promote(key, target) is None
    assert await send(presigned, data, **{"content-type": "image/png"}) == 200
    assert await stored(store) == {}
    assert await store.size(key) is None
    assert await store.promote(key, target) == len(data)
    assert await get(store, target, 0, len(data)) == data
    assert await stored(store) == {target: len(data)}
    for _ in range(2):
        await store.delete_quarantined(key)
    assert await quarantined(store) == {}
    assert await store.promote(key, new_key()) is None
    assert await stored(store) == {target: len(data)}


@pytest.mark.parametrize("size", [0, 1, 999, 1001, 5_000_000])
async def test_presigned_upload_of_another_size_is_refused(store: S3Bucket, size: int) -> None:
    presigned = await store.presign(new_key(), size=1000, seconds=60)
    assert await send(presigned, bytes(size)) == 403
    assert await quarantined(store) == {}


async def test_presigned_url_is_valid_for_one_name_and_method(store: S3Bucket) -> None:
    key, other = new_key(), new_key()
    presigned = await store.presign(key, size=4, seconds=60)
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.put(presigned.url.replace(key, other), content=b"four")).status_code == 403
        assert (await client.put(presigned.url.replace("quarantine/", ""), content=b"four")).status_code == 403
        assert (await client.put(presigned.url, content=b"four")).status_code == 200
        assert (await client.get(presigned.url)).status_code == 403
        assert (await client.delete(presigned.url)).status_code == 403
    assert list(await quarantined(store)) == [f"quarantine/{key}"]


async def test_expired_presigned_url_is_refused(store: S3Bucket) -> None:
    presigned = await store.presign(new_key(), size=4, seconds=1)
    deadline = time.monotonic() + 20
    while await send(presigned, b"four") == 200 and time.monotonic() < deadline:
        await asyncio.sleep(0.2)
    assert await send(presigned, b"four") == 403


async def test_upload_after_promote_does_not_change_the_blob(store: S3Bucket) -> None:
    key, target = new_key(), new_key()
    presigned = await store.presign(key, size=5, seconds=60)
    assert await send(presigned, b"first") == 200
    assert await store.promote(key, target) == 5
    assert await send(presigned, b"other") == 200
    assert await get(store, target, 0, 5) == b"first"
    await store.delete_quarantined(key)
    assert await send(presigned, b"again") == 200  # the URL lives until it expires
    assert await stored(store) == {target: 5}


async def test_promote_returns_the_size_of_the_copy(store: S3Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    key, target = new_key(), new_key()
    copy = store.objects.copy

    async def overtaken(name: str, to: str) -> bool:
        copied = await copy(name, to)
        assert await send(await store.presign(key, size=9, seconds=60), b"nine more") == 200
        return copied

    assert await send(await store.presign(key, size=5, seconds=60), b"first") == 200
    monkeypatch.setattr(store.objects, "copy", overtaken)
    assert await store.promote(key, target) == 5
    assert await get(store, target, 0, 5) == b"first"


@pytest.mark.parametrize("key", INVALID_KEYS)
async def test_presign_of_an_invalid_key_is_not_found(store: S3Bucket, key: str) -> None:
    good = await put(store, b"untouched")
    with pytest.raises(NotFound):
        await store.presign(key, size=1, seconds=60)
    assert await store.promote(key, MISSING) is None
    assert await store.promote(MISSING, key) is None
    await store.delete_quarantined(key)
    assert await stored(store) == {good: 9}


async def test_presigned_url_names_the_public_endpoint(seaweed: Seaweed, tmp_path: Path) -> None:
    config = BlobsConfig(location=seaweed.url(), spool=tmp_path / "spool", public_endpoint="https://media.example.com")
    store = open_store(config)
    assert isinstance(store, S3Bucket)
    presigned = await store.presign(MISSING, size=7, seconds=90)
    url, query = urlsplit(presigned.url), parse_qs(urlsplit(presigned.url).query)
    prefix = urlsplit(config.location).path
    assert (url.scheme, url.netloc, url.path) == (
        "https",
        "media.example.com",
        f"/{BUCKET}{prefix}/quarantine/{MISSING}",
    )
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert query["X-Amz-Expires"] == ["90"]
    assert presigned.headers == {}
    await store.close()


async def test_stopped_store_is_unavailable_for_parts_and_promote(seaweed: Seaweed, store: S3Bucket) -> None:
    upload = await MultipartUpload.create(store)
    await upload.write(1, b"one")
    part = upload.parts[1]
    seaweed.stop()
    try:
        for operation in (
            lambda: MultipartUpload.create(store),
            lambda: upload.write(1, b"one"),
            lambda: store.parts.complete(upload.key, upload.multipart_id, [part]),
            upload.abort,
            lambda: store.promote(MISSING, MISSING),
            lambda: store.delete_quarantined(MISSING),
        ):
            with capture_logs() as logs, pytest.raises(BlobsUnavailable):
                await operation()
            assert logs
            assert upload.key not in str(logs)
    finally:
        seaweed.start()
    await upload.complete()
    assert await upload.read() == b"one"


async def test_silent_store_is_unavailable_for_create(seaweed: Seaweed, store: S3Bucket) -> None:
    seaweed.signal(signal.SIGSTOP)
    try:
        start = time.monotonic()
        with pytest.raises(BlobsUnavailable):
            await store.parts.create(MISSING)
        assert time.monotonic() - start < 20
    finally:
        seaweed.signal(signal.SIGCONT)
    await store.ready()


async def test_wrong_secret_is_unavailable_and_log_has_no_names(seaweed: Seaweed, tmp_path: Path) -> None:
    store = S3Bucket(seaweed.url(secret="not the secret"), tmp_path / "spool", settle=0)
    upload = MultipartUpload(store, MISSING, "upload")
    for operation in (lambda: store.parts.create(MISSING), lambda: upload.write(1, b"x"), upload.abort):
        with capture_logs() as logs, pytest.raises(BlobsUnavailable):
            await operation()
        assert logs[0]["code"] == "SignatureDoesNotMatch"
        assert MISSING not in str(logs)
        assert "not the secret" not in str(logs)
    await store.close()


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (507, "XMinioStorageFull", StorageFull),
        (404, "NoSuchUpload", NotFound),
        (400, "InvalidPart", NotFound),
        (404, "NoSuchBucket", BlobsUnavailable),
        (503, "SlowDown", BlobsUnavailable),
        (403, "AccessDenied", BlobsUnavailable),
    ],
)
async def test_s3_errors_are_mapped(store: S3Bucket, status: int, code: str, meaning: type[LibraryError]) -> None:
    upload = MultipartUpload(store, MISSING, "upload")
    with Stubber(store._s3._client) as stub:
        stub.add_client_error("upload_part", code, f"about {MISSING}", status)
        with capture_logs() as logs, pytest.raises(meaning):
            await upload.write(1, b"x")
    assert MISSING not in str(logs)


def test_memory_is_bounded(seaweed: Seaweed, tmp_path: Path) -> None:
    """17 parts of 10 MiB, eight at a time, and a small one in between; joined and fetched; growth in MiB."""
    script = f"""
import asyncio, os, re
from pathlib import Path
from mediatheque.blobs import BlobsConfig, new_key, open_store
from mediatheque.model import UploadedPart
MIB = 1 << 20
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
async def main():
    store = open_store(BlobsConfig(location={seaweed.url()!r}, spool=Path({str(tmp_path)!r}) / "spool"))
    key = new_key()
    for size in (10 * MIB, 1000):
        (store.spool / str(size)).touch()
        os.truncate(store.spool / str(size), size)
    async def write(number, size):
        etag = await store.parts.upload_part(key, multipart_id, number, store.spool / str(size), size)
        return UploadedPart(number=number, size=size, sha256=bytes(32), etag=etag)
    multipart_id = await store.parts.create(key)
    parts = [await write(1, 10 * MIB)]
    start = peak()
    for first in (2, 10):
        parts += await asyncio.gather(*(write(number, 10 * MIB) for number in range(first, first + 8)))
    sent = peak() - start
    parts[5] = await write(6, 1000)
    await store.parts.complete(key, multipart_id, parts)
    async with store.open_local(key) as copy:
        assert (await copy.hash()).size == 160 * MIB + 1000
    print(sent, peak() - start)
    await store.close()
asyncio.run(main())
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    sent, total = map(float, out.split())
    assert sent < 32  # 80 MiB were in the air together
    assert total < 110  # of 160 MiB fetched and sent as one file, in parts


async def test_bucket_of_another_library_takes_no_parts_and_promotes_nothing(store: S3Bucket) -> None:
    store.mark.expected = uuid4()
    for operation in (
        store.parts.create(MISSING),
        store.parts.complete(MISSING, "id", []),
        store.parts.abort(MISSING, ""),
        store.promote(MISSING, MISSING[::-1]),
        store.delete_quarantined(MISSING),
    ):
        with pytest.raises(StoreMismatch):
            await operation
