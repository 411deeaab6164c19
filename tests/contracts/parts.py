"""The contract of `Parts`. A test module subclasses `PartsContract` and adds a `store` fixture and sizes."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.blobs import BlobStore, Spool, new_key
from mediatheque.errors import BlobsUnavailable, LibraryError, NotFound
from mediatheque.model import UploadedPart
from tests.contracts.blob_store import INVALID_KEYS, content, get, spool_files, stored
from tests.rounds import examples

SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
"""Every example creates its own upload, so the store may be shared."""


class MultipartUpload:
    """One multipart upload, with the parts written and the bytes expected."""

    def __init__(self, store: BlobStore, key: str, multipart_id: str) -> None:
        self.store, self.key, self.multipart_id = store, key, multipart_id
        self.parts: dict[int, UploadedPart] = {}
        self.data: dict[int, bytes] = {}

    @classmethod
    async def create(cls, store: BlobStore) -> "MultipartUpload":
        key = new_key()
        multipart_id = await store.parts.create(key)
        assert len(multipart_id) <= 2000
        return cls(store, key, multipart_id)

    async def write(self, number: int, data: bytes) -> UploadedPart:
        async with Spool(self.store.spool, limit=len(data)) as spool:
            await spool.write(data)
            await spool.finish()
            etag = await self.store.parts.upload_part(self.key, self.multipart_id, number, spool.path, spool.size)
        part = UploadedPart(number=number, size=len(data), sha256=hashlib.sha256(data).digest(), etag=etag)
        self.parts[number], self.data[number] = part, data
        return part

    def ordered(self, numbers: Sequence[int] | None = None) -> list[UploadedPart]:
        return [self.parts[number] for number in sorted(numbers or self.parts)]

    async def complete(self, numbers: Sequence[int] | None = None) -> None:
        await self.store.parts.complete(self.key, self.multipart_id, self.ordered(numbers))

    async def abort(self) -> None:
        await self.store.parts.abort(self.key, self.multipart_id)

    async def read(self) -> bytes:
        size = await self.store.size(self.key)
        assert size is not None
        return await get(self.store, self.key, 0, size)

    def expected(self, numbers: Sequence[int] | None = None) -> bytes:
        return b"".join(self.data[number] for number in sorted(numbers or self.data))


class PartsContract:
    """`threshold_bytes` is the size that the implementation treats specially: a slot's, or S3's smallest part."""

    threshold_bytes: int

    async def stored_parts(self, store: BlobStore) -> list[str]:
        """Return the names of stored parts."""
        raise NotImplementedError

    def part(self, units: float, seed: int) -> bytes:
        return content(max(1, int(units * self.threshold_bytes)), seed)

    @pytest.mark.parametrize(
        "units",
        [
            [1, 1, 0.5],
            [1],
            [0.01],
            [1, 1, 1],
            [1, 1, 1.3],
            [2.5],
            [1.2, 1.2, 0.1],
            [0.5, 1, 1],
            [1, 0.5, 1],
            [0.1, 0.2, 0.3],
            [3, 0.1, 1, 0.1],
        ],
        ids=str,
    )
    async def test_parts_of_any_sizes_are_joined(self, store: BlobStore, units: list[float]) -> None:
        upload = await MultipartUpload.create(store)
        for number, unit in reversed(list(enumerate(units, 1))):
            await upload.write(number, self.part(unit, number))
        await upload.complete()
        assert await upload.read() == upload.expected()
        assert await stored(store) == {upload.key: len(upload.expected())}
        assert spool_files(store) == []
        assert await self.stored_parts(store) == []

    @pytest.mark.parametrize("again", [1, 0.3, 2])
    async def test_part_written_again_replaces_the_first(self, store: BlobStore, again: float) -> None:
        upload = await MultipartUpload.create(store)
        for number in (1, 2, 3):
            await upload.write(number, self.part(1, number))
        await upload.write(2, self.part(again, 77))
        await upload.write(3, self.part(1, 3))
        await upload.write(2, self.part(again, 78))
        await upload.complete()
        assert await upload.read() == upload.expected()
        assert await self.stored_parts(store) == []

    async def test_only_the_listed_parts_are_joined(self, store: BlobStore) -> None:
        upload = await MultipartUpload.create(store)
        for number in (2, 4, 9, 10_000):
            await upload.write(number, self.part(1, number))
        await upload.complete([2, 9, 10_000])
        assert await upload.read() == upload.expected([2, 9, 10_000])
        assert await self.stored_parts(store) == []

    async def test_list_without_the_last_part_is_joined(self, store: BlobStore) -> None:
        upload = await MultipartUpload.create(store)
        for number in (1, 2, 3):
            await upload.write(number, self.part(1, number))
        await upload.complete([1, 2])
        assert await upload.read() == upload.expected([1, 2])

    async def test_complete_is_idempotent(self, store: BlobStore) -> None:
        upload = await MultipartUpload.create(store)
        for number in (1, 2):
            await upload.write(number, self.part(1, number))
        for _ in range(3):
            await upload.complete()
        assert await upload.read() == upload.expected()

    @pytest.mark.parametrize("units", [[1, 1, 0.5], [1, 0.5, 1]], ids=str)
    @pytest.mark.parametrize("breaks", ["put_file", "abort"])
    async def test_complete_after_a_failed_complete(
        self, store: BlobStore, monkeypatch: pytest.MonkeyPatch, units: list[float], breaks: str
    ) -> None:
        async def breaking(*_: object) -> None:
            raise BlobsUnavailable

        upload = await MultipartUpload.create(store)
        for number, unit in enumerate(units, 1):
            await upload.write(number, self.part(unit, number))
        await upload.write(2, self.part(units[1], 22))
        with monkeypatch.context() as broken, suppress(BlobsUnavailable):  # not every completion puts a file
            broken.setattr(store if breaks == "put_file" else store.parts, breaks, breaking)
            await upload.complete()
        await upload.complete()
        assert await upload.read() == upload.expected()
        assert await self.stored_parts(store) == []

    async def test_complete_by_a_concurrent_call_after_the_size_check(
        self, store: BlobStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        size = store.size
        answers = [None]

        async def late(key: str) -> int | None:
            return answers.pop() if answers else await size(key)

        upload = await MultipartUpload.create(store)
        await upload.write(1, self.part(1, 1))
        await upload.complete()
        monkeypatch.setattr(store, "size", late)
        await upload.complete()
        assert answers == []
        assert await upload.read() == upload.expected()

    async def test_complete_with_a_missing_part_is_not_found_and_keeps_the_others(self, store: BlobStore) -> None:
        upload = await MultipartUpload.create(store)
        for number in (1, 2):
            await upload.write(number, self.part(1, number))
        never = UploadedPart(number=3, size=5, sha256=bytes(32), etag="3-1")
        with pytest.raises(NotFound):
            await store.parts.complete(upload.key, upload.multipart_id, [*upload.ordered(), never])
        assert await stored(store) == {}
        await upload.complete()
        assert await upload.read() == upload.expected()

    async def test_aborted_upload_is_not_found(self, store: BlobStore) -> None:
        upload = await MultipartUpload.create(store)
        await upload.write(1, self.part(1, 1))
        await upload.write(2, self.part(0.1, 2))
        for _ in range(3):
            await upload.abort()
        assert await self.stored_parts(store) == []
        with pytest.raises(NotFound):
            await upload.complete()
        for units in (1, 0.1, 2):
            with pytest.raises(NotFound):
                await upload.write(1, self.part(units, 1))
        assert await stored(store) == {}
        assert await self.stored_parts(store) == []

    async def test_completed_upload_refuses_parts_and_survives_abort(self, store: BlobStore) -> None:
        upload = await MultipartUpload.create(store)
        await upload.write(1, self.part(1, 1))
        await upload.complete()
        with pytest.raises(NotFound):
            await upload.write(2, self.part(1, 2))
        await upload.abort()
        assert await upload.read() == self.part(1, 1)

    async def test_other_uploads_are_not_touched(self, store: BlobStore) -> None:
        mine, other = await MultipartUpload.create(store), await MultipartUpload.create(store)
        for number in (1, 2):
            await mine.write(number, self.part(1, number))
            await other.write(number, self.part(0.4, 10 + number))
        await mine.abort()
        await other.complete()
        assert await other.read() == other.expected()

    @pytest.mark.parametrize("key", INVALID_KEYS)
    async def test_invalid_key_is_not_found(self, store: BlobStore, key: str) -> None:
        upload = MultipartUpload(store, key, "upload")
        with pytest.raises(NotFound):
            await store.parts.create(key)
        with pytest.raises(NotFound):
            await upload.write(1, b"data")
        with pytest.raises(NotFound):
            await store.parts.complete(key, "upload", [UploadedPart(number=1, size=1, sha256=bytes(32), etag="slot")])
        await upload.abort()
        assert await self.stored_parts(store) == []

    async def test_file_of_another_size_than_stated_is_refused(self, store: BlobStore) -> None:
        upload = await MultipartUpload.create(store)
        path = store.spool / "given"
        path.write_bytes(b"four")
        for size in (3, 5):
            with pytest.raises(BlobsUnavailable):
                await store.parts.upload_part(upload.key, upload.multipart_id, 1, path, size)
        path.unlink()
        with pytest.raises(BlobsUnavailable):
            await store.parts.upload_part(upload.key, upload.multipart_id, 1, path, 4)

    async def test_concurrent_parts_are_joined(self, store: BlobStore) -> None:
        upload = await MultipartUpload.create(store)
        await asyncio.gather(*(upload.write(number, self.part(1, number)) for number in range(12, 0, -1)))
        await upload.complete()
        assert await upload.read() == upload.expected()

    async def test_cancelled_write_can_be_repeated(self, store: BlobStore) -> None:
        upload = await MultipartUpload.create(store)
        await upload.write(1, self.part(1, 1))
        for yields in range(12):
            writing = asyncio.ensure_future(upload.write(2, self.part(1, 100 + yields)))
            for _ in range(yields):
                await asyncio.sleep(0)
            writing.cancel()
            await asyncio.wait([writing])
        await upload.write(2, self.part(1, 2))
        await upload.complete()
        assert await upload.read() == upload.expected()
        assert spool_files(store) == []

    async def test_cancelled_complete_can_be_repeated(self, store: BlobStore) -> None:
        for units in ([1, 1, 0.5], [1, 0.5, 1]):
            for pause in (0, 0.0005, 0.002, 0.005, 0.02):
                upload = await MultipartUpload.create(store)
                for number, unit in enumerate(units, 1):
                    await upload.write(number, self.part(unit, number))
                joining = asyncio.ensure_future(upload.complete())
                await asyncio.sleep(pause)
                joining.cancel()
                await asyncio.wait([joining])
                await upload.complete()
                assert await upload.read() == upload.expected()
        assert await self.stored_parts(store) == []
        assert spool_files(store) == []

    @pytest.mark.parametrize("numbers", [[1, 2, 3], [1, 3]], ids=str)
    async def test_concurrent_completes_make_one_of_the_two(self, store: BlobStore, numbers: list[int]) -> None:
        upload = await MultipartUpload.create(store)
        for number in (1, 2, 3):
            await upload.write(number, self.part(1, number))
        results = await asyncio.gather(upload.complete([1, 2]), upload.complete(numbers), return_exceptions=True)
        won = [names for names, result in zip(([1, 2], numbers), results, strict=True) if result is None]
        assert won
        assert await upload.read() in [upload.expected(names) for names in won]

    async def test_part_written_during_complete_is_not_joined(self, store: BlobStore) -> None:
        for number in (1, 2, 3, 4):
            upload = await MultipartUpload.create(store)
            for each in (1, 2, 3):
                await upload.write(each, self.part(1, each))
            expected, parts = upload.expected(), upload.ordered()
            late = [asyncio.ensure_future(upload.write(number, self.part(1, 55))) for _ in range(2)]
            with suppress(LibraryError):
                await store.parts.complete(upload.key, upload.multipart_id, parts)
            await asyncio.gather(*late, return_exceptions=True)
            size = await store.size(upload.key)
            assert size is None or await upload.read() == expected

    @pytest.mark.sampled
    @settings(max_examples=examples(20), deadline=None, suppress_health_check=SHARED)
    @given(
        writes=st.lists(
            st.tuples(st.integers(1, 5), st.sampled_from([0.0001, 0.5, 1, 1, 1, 1.0001, 1.5])), min_size=1, max_size=6
        ),
        pick=st.integers(1, 31),
    )
    async def test_last_writes_are_joined_in_order(
        self, store: BlobStore, writes: list[tuple[int, float]], pick: int
    ) -> None:
        upload = await MultipartUpload.create(store)
        for seed, (number, units) in enumerate(writes):
            await upload.write(number, self.part(units, seed))
        numbers = [number for number in upload.parts if pick >> number - 1 & 1] or list(upload.parts)
        await upload.complete(numbers)
        assert await upload.read() == upload.expected(numbers)
        await upload.complete(numbers)
        assert await self.stored_parts(store) == []
        await store.delete(upload.key)
