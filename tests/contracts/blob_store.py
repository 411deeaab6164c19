"""The contract of `BlobStore`. A test module subclasses `BlobStoreContract` and adds a `store` fixture."""

import asyncio
import hashlib
import random
import zlib
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from mediatheque.blobs import BlobStore, Spool, new_key
from mediatheque.blobs.mark import StoreMismatch
from mediatheque.blobs.store import HEAD_BYTES
from mediatheque.errors import BlobsUnavailable, NotFound

MIB = 1024 * 1024
PART = 8 * MIB
MISSING = "0123456789abcdef" * 2
INVALID_KEYS = [
    "",
    ".",
    "..",
    "spool",
    "../../../../etc/passwd",
    "/etc/passwd",
    "ab/../../../etc/passwd",
    "a" * 31,
    "a" * 33,
    "A" * 32,
    "a" * 32 + "\n",
    "a" * 31 + "\0",
    "٣" * 32,
    "a" * 30 + "/.",
    "%2e%2e%2f" * 3 + "aaaaa",
]


def content(size: int, seed: int = 7) -> bytes:
    """Return random bytes, the same for the same seed."""
    return random.Random(seed).randbytes(size)


async def put(store: BlobStore, data: bytes) -> str:
    """Store bytes as the ingest pipeline does, through a spool."""
    async with Spool(store.spool, limit=len(data)) as spool:
        await spool.write(data)
        await spool.finish()
        return await store.put_file(spool.path)


async def get(store: BlobStore, key: str, start: int, length: int) -> bytes:
    return b"".join([chunk async for chunk in store.read(key, start, length)])


async def stored(store: BlobStore) -> dict[str, int]:
    return {each.key: each.size async for each in store.list_objects()}


def spool_files(store: BlobStore) -> list[str]:
    return file_names(store.spool)


def file_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def eventually(condition: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


class BlobStoreContract:
    @pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, PART - 1, PART, PART + 1, 2 * PART + 5])
    async def test_blob_is_read_back(self, store: BlobStore, size: int) -> None:
        data = content(size)
        key = await put(store, data)
        assert await store.size(key) == size
        assert await get(store, key, 0, size) == data
        assert spool_files(store) == []

    @pytest.mark.parametrize("size", [1, 4097, MIB, 2 * MIB + 5])
    async def test_bytes_put_from_memory_are_read_back(self, store: BlobStore, size: int) -> None:
        data, key = content(size), new_key()
        await store.put_bytes(data, key)
        assert await stored(store) == {key: size}
        assert await get(store, key, 0, size) == data

    @pytest.mark.parametrize("after", [0, 0.0005, 0.002, 0.01])
    async def test_cancelled_put_from_memory_is_all_or_nothing(self, store: BlobStore, after: float) -> None:
        data = content(MIB)
        with suppress(TimeoutError):  # a quick store may have been done
            await asyncio.wait_for(store.put_bytes(data, new_key()), after)
        await store.ready()
        for key in await stored(store):
            assert await get(store, key, 0, MIB) == data

    @pytest.mark.parametrize(
        ("start", "length"),
        [(0, 1), (1, 1), (0, MIB), (MIB - 1, 2), (MIB, MIB), (5, 2 * MIB), (3 * MIB - 1, 1), (17, 0), (0, 3 * MIB)],
    )
    async def test_range_is_exact(self, store: BlobStore, start: int, length: int) -> None:
        data = content(3 * MIB)
        key = await put(store, data)
        assert await get(store, key, start, length) == data[start : start + length]

    async def test_chunks_are_bytes_of_about_a_mebibyte(self, store: BlobStore) -> None:
        key = await put(store, content(5 * MIB))
        chunks = [chunk async for chunk in store.read(key, 0, 5 * MIB)]
        assert all(type(chunk) is bytes and len(chunk) <= 2 * MIB for chunk in chunks)
        assert len(chunks) <= 6

    @pytest.mark.parametrize(("start", "length"), [(0, 101), (99, 2), (100, 1), (5000, 10)])
    async def test_range_past_the_end_is_unavailable(self, store: BlobStore, start: int, length: int) -> None:
        key = await put(store, content(100))
        with pytest.raises(BlobsUnavailable):
            await get(store, key, start, length)

    @pytest.mark.parametrize("length", [0, 1, MIB])
    async def test_missing_blob_is_not_found_before_the_first_chunk(self, store: BlobStore, length: int) -> None:
        assert await store.size(MISSING) is None
        with pytest.raises(NotFound):
            await anext(store.read(MISSING, 0, length))

    async def test_delete_is_idempotent(self, store: BlobStore) -> None:
        key, other = await put(store, b"gone"), await put(store, b"stays")
        await store.delete(key)
        await store.delete(key)
        await store.delete(MISSING)
        assert await stored(store) == {other: 5}
        with pytest.raises(NotFound):
            await get(store, key, 0, 4)

    @pytest.mark.parametrize("key", INVALID_KEYS)
    async def test_invalid_key_is_not_found(self, store: BlobStore, key: str) -> None:
        good = await put(store, b"untouched")
        assert await store.size(key) is None
        await store.delete(key)
        for length in (0, 1):
            with pytest.raises(NotFound):
                await get(store, key, 0, length)
        with pytest.raises(NotFound):
            await store.internal_uri(key, seconds=60)
        assert await stored(store) == {good: 9}

    async def test_listing_has_every_blob_once(self, store: BlobStore) -> None:
        expected = {await put(store, content(size)): size for size in range(40)}
        found = [each async for each in store.list_objects()]
        assert {each.key: each.size for each in found} == expected
        assert len(found) == len(expected)
        assert all(each.last_modified.tzinfo is not None for each in found)

    async def test_blobs_may_be_deleted_while_listed(self, store: BlobStore) -> None:
        for size in range(10):
            await put(store, content(size))
        async for each in store.list_objects():
            await store.delete(each.key)
        assert await stored(store) == {}

    async def test_equal_bytes_have_separate_keys(self, store: BlobStore) -> None:
        first, second = await put(store, b"twin"), await put(store, b"twin")
        assert first != second
        await store.delete(first)
        assert await get(store, second, 0, 4) == b"twin"

    async def test_thirty_concurrent_puts_and_reads(self, store: BlobStore) -> None:
        blobs = [content(size * 40_000, seed=size) for size in range(30)]
        keys = await asyncio.gather(*(put(store, blob) for blob in blobs))
        assert (
            await asyncio.gather(*(get(store, key, 0, len(blob)) for key, blob in zip(keys, blobs, strict=True)))
            == blobs
        )
        assert len(await stored(store)) == 30
        assert spool_files(store) == []

    async def test_put_of_a_missing_file_is_unavailable(self, store: BlobStore) -> None:
        with pytest.raises(BlobsUnavailable):
            await store.put_file(store.spool / "never-written")
        assert await stored(store) == {}

    @pytest.mark.parametrize("size", [1000, PART, 3 * PART])
    @pytest.mark.parametrize("after", [0, 0.0005, 0.002, 0.01, 0.04])
    async def test_cancelled_put_is_all_or_nothing(self, store: BlobStore, size: int, after: float) -> None:
        data = content(size)
        with suppress(TimeoutError):  # a quick store may have been done
            await asyncio.wait_for(put(store, data), after)
        await store.ready()
        for key in await stored(store):
            assert await get(store, key, 0, size) == data
        assert spool_files(store) == []

    async def test_reader_closed_early_closes_the_file(self, store: BlobStore) -> None:
        key = await put(store, content(4 * MIB))
        before = open_files(store)
        for _ in range(5):
            async with aclosing(store.read(key, 0, 4 * MIB)) as chunks:
                await anext(chunks)
        assert open_files(store) == before

    async def test_cancelled_reader_closes_the_file(self, store: BlobStore) -> None:
        key = await put(store, content(4 * MIB))
        before = open_files(store)
        for yields in range(12):
            reading = asyncio.ensure_future(get(store, key, 0, 4 * MIB))
            for _ in range(yields):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait([reading])
        await eventually(lambda: open_files(store) == before)
        assert await get(store, key, 4, 10) == content(4 * MIB)[4:14]

    @pytest.mark.parametrize("size", [0, 1, 4095, 4097, MIB, 3 * MIB + 5])
    async def test_open_local_gives_the_bytes_and_their_hash(self, store: BlobStore, size: int) -> None:
        data = content(size)
        key = await put(store, data)
        async with store.open_local(key) as copy:
            assert copy.path.read_bytes() == data
            hashed = await copy.hash()
            assert (hashed.path, hashed.size, hashed.head) == (copy.path, size, data[:HEAD_BYTES])
            assert hashed.sha256 == hashlib.sha256(data).digest()
            assert hashed.crc32 == zlib.crc32(data)
            async with store.open_local(key) as other:
                assert (await other.hash()).sha256 == hashed.sha256
            assert copy.path.exists()
        assert await get(store, key, 0, size) == data
        assert spool_files(store) == []
        assert open_files(store) == []

    @pytest.mark.parametrize("key", [MISSING, *INVALID_KEYS])
    async def test_open_local_of_a_missing_blob_is_not_found(self, store: BlobStore, key: str) -> None:
        with pytest.raises(NotFound):
            async with store.open_local(key):
                pytest.fail("the blob does not exist")
        assert spool_files(store) == []

    async def test_error_inside_open_local_is_not_mapped(self, store: BlobStore) -> None:
        key = await put(store, b"data")
        with pytest.raises(FileNotFoundError):
            async with store.open_local(key):
                raise FileNotFoundError
        assert spool_files(store) == []
        assert await get(store, key, 0, 4) == b"data"

    async def test_cancelled_open_local_leaves_no_file(self, store: BlobStore) -> None:
        async def open_and_wait() -> None:
            async with store.open_local(key) as copy:
                await copy.hash()
                await asyncio.sleep(60)

        key = await put(store, content(4 * MIB))
        for pause in (0, 0, 0.001, 0.003, 0.01, 0.1):
            task = asyncio.ensure_future(open_and_wait())
            await asyncio.sleep(pause)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            assert spool_files(store) == []
        await eventually(lambda: open_files(store) == [])
        assert await store.size(key) == 4 * MIB

    async def test_mark_is_read_back(self, store: BlobStore) -> None:
        assert await store.mark.read() is None
        for library in (uuid4(), uuid4()):
            await store.mark.write(library)
            assert await store.mark.read() == library
        assert await stored(store) == {}

    async def test_store_without_the_expected_mark_takes_deletes_and_tells_nothing(self, store: BlobStore) -> None:
        ours = uuid4()
        await store.mark.write(ours)
        store.mark.expected = ours
        key = await put(store, b"ours")
        store.mark.expected = uuid4()
        assert await refused(store, key) == set(OPERATIONS)
        assert await get(store, key, 0, 4) == b"ours"
        store.mark.expected = ours
        assert await refused(store, key) == set()
        assert await store.size(key) is None

    async def test_ready_returns(self, store: BlobStore) -> None:
        await store.ready()
        await put(store, b"something")
        await store.ready()


OPERATIONS: dict[str, Callable[[BlobStore, str], Awaitable[object]]] = {
    "ready": lambda store, _: store.ready(),
    "put_file": lambda store, _: put(store, b"more"),
    "put_bytes": lambda store, _: store.put_bytes(b"more", new_key()),
    "size of what is missing": lambda store, _: store.size(MISSING[::-1]),
    "list_objects": lambda store, _: stored(store),
    "delete": lambda store, key: store.delete(key),
}
"""What a store refuses when it is another one, last of all the deletion of the blob with the key."""


async def refused(store: BlobStore, key: str) -> set[str]:
    """Return which operations raise StoreMismatch."""
    names = set()
    for name, operation in OPERATIONS.items():
        try:
            await operation(store, key)
        except StoreMismatch:
            names.add(name)
    return names


def open_files(store: BlobStore) -> list[str]:
    """Return the open files of this process in the store's folders."""
    links = []
    for fd in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(fd.readlink()))
        except FileNotFoundError:  # the descriptor that lists the folder
            continue
    return [link for link in links if link.startswith(str(store.spool.parent))]
