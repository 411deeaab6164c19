"""What every store of blobs must do. A test module subclasses `BlobStoreContract` and gives it a `store` fixture."""

import asyncio
import hashlib
import random
from collections.abc import Callable
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from mediatheque.blobs import BlobStore, Spool
from mediatheque.errors import BlobsUnavailable, NotFound

MIB = 1024 * 1024
PART = 8 * MIB
MISSING = "0123456789abcdef" * 2
HOSTILE = [
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
    """Bytes of which no two stretches are alike."""
    return random.Random(seed).randbytes(size)


async def put(store: BlobStore, data: bytes) -> str:
    """As the intake does it: through a spool, then adopted."""
    async with Spool(store.spool, limit=len(data)) as spool:
        await spool.write(data)
        await spool.finish()
        return await store.put_file(spool.path)


async def get(store: BlobStore, key: str, start: int, length: int) -> bytes:
    return b"".join([chunk async for chunk in store.read(key, start, length)])


async def stored(store: BlobStore) -> dict[str, int]:
    return {each.key: each.size async for each in store.list_objects()}


def spooled(store: BlobStore) -> list[str]:
    return inside(store.spool)


def inside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def eventually(condition: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)


class BlobStoreContract:
    @pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, PART - 1, PART, PART + 1, 2 * PART + 5])
    async def test_what_went_in_comes_out(self, store: BlobStore, size: int) -> None:
        data = content(size)
        key = await put(store, data)
        assert await store.size(key) == size
        assert await get(store, key, 0, size) == data
        assert spooled(store) == []

    @pytest.mark.parametrize(
        ("start", "length"),
        [(0, 1), (1, 1), (0, MIB), (MIB - 1, 2), (MIB, MIB), (5, 2 * MIB), (3 * MIB - 1, 1), (17, 0), (0, 3 * MIB)],
    )
    async def test_a_range_is_exactly_that(self, store: BlobStore, start: int, length: int) -> None:
        data = content(3 * MIB)
        key = await put(store, data)
        assert await get(store, key, start, length) == data[start : start + length]

    async def test_chunks_are_bytes_of_about_a_mebibyte(self, store: BlobStore) -> None:
        key = await put(store, content(5 * MIB))
        chunks = [chunk async for chunk in store.read(key, 0, 5 * MIB)]
        assert all(type(chunk) is bytes and len(chunk) <= 2 * MIB for chunk in chunks)
        assert len(chunks) <= 6

    @pytest.mark.parametrize(("start", "length"), [(0, 101), (99, 2), (100, 1), (5000, 10)])
    async def test_bytes_past_the_end_are_an_error_never_silence(
        self, store: BlobStore, start: int, length: int
    ) -> None:
        key = await put(store, content(100))
        with pytest.raises(BlobsUnavailable):
            await get(store, key, start, length)

    @pytest.mark.parametrize("length", [0, 1, MIB])
    async def test_what_is_missing_is_not_found_before_the_first_chunk(self, store: BlobStore, length: int) -> None:
        assert await store.size(MISSING) is None
        with pytest.raises(NotFound):
            await anext(store.read(MISSING, 0, length))

    async def test_deleting_twice_is_fine(self, store: BlobStore) -> None:
        key, other = await put(store, b"gone"), await put(store, b"stays")
        await store.delete(key)
        await store.delete(key)
        await store.delete(MISSING)
        assert await stored(store) == {other: 5}
        with pytest.raises(NotFound):
            await get(store, key, 0, 4)

    @pytest.mark.parametrize("key", HOSTILE)
    async def test_a_key_that_no_store_made_is_not_there(self, store: BlobStore, key: str) -> None:
        good = await put(store, b"untouched")
        assert await store.size(key) is None
        await store.delete(key)
        for length in (0, 1):
            with pytest.raises(NotFound):
                await get(store, key, 0, length)
        assert await stored(store) == {good: 9}

    async def test_the_walk_finds_everything_once(self, store: BlobStore) -> None:
        expected = {await put(store, content(size)): size for size in range(40)}
        found = [each async for each in store.list_objects()]
        assert {each.key: each.size for each in found} == expected
        assert len(found) == len(expected)
        assert all(each.last_modified.tzinfo is not None for each in found)

    async def test_what_is_walked_over_may_be_deleted(self, store: BlobStore) -> None:
        for size in range(10):
            await put(store, content(size))
        async for each in store.list_objects():
            await store.delete(each.key)
        assert await stored(store) == {}

    async def test_equal_bytes_get_keys_of_their_own(self, store: BlobStore) -> None:
        first, second = await put(store, b"twin"), await put(store, b"twin")
        assert first != second
        await store.delete(first)
        assert await get(store, second, 0, 4) == b"twin"

    async def test_thirty_at_once(self, store: BlobStore) -> None:
        blobs = [content(size * 40_000, seed=size) for size in range(30)]
        keys = await asyncio.gather(*(put(store, blob) for blob in blobs))
        assert (
            await asyncio.gather(*(get(store, key, 0, len(blob)) for key, blob in zip(keys, blobs, strict=True)))
            == blobs
        )
        assert len(await stored(store)) == 30
        assert spooled(store) == []

    async def test_adopting_what_is_not_there_leaves_nothing(self, store: BlobStore) -> None:
        with pytest.raises(BlobsUnavailable):
            await store.put_file(store.spool / "never-written")
        assert await stored(store) == {}

    @pytest.mark.parametrize("size", [1000, PART, 3 * PART])
    @pytest.mark.parametrize("after", [0, 0.0005, 0.002, 0.01, 0.04])
    async def test_a_cancelled_adoption_is_all_or_nothing(self, store: BlobStore, size: int, after: float) -> None:
        data = content(size)
        with suppress(TimeoutError):  # a quick store may have been done
            await asyncio.wait_for(put(store, data), after)
        await store.ready()
        for key in await stored(store):
            assert await get(store, key, 0, size) == data
        assert spooled(store) == []

    async def test_a_reader_that_leaves_early_keeps_no_file_open(self, store: BlobStore) -> None:
        key = await put(store, content(4 * MIB))
        before = open_files(store)
        for _ in range(5):
            async with aclosing(store.read(key, 0, 4 * MIB)) as chunks:
                await anext(chunks)
        assert open_files(store) == before

    async def test_a_cancelled_reader_keeps_no_file_open(self, store: BlobStore) -> None:
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
    async def test_what_is_borrowed_is_a_hashed_file(self, store: BlobStore, size: int) -> None:
        data = content(size)
        key = await put(store, data)
        async with store.open_local(key) as copy:
            assert copy.path.read_bytes() == data
            hashed = await copy.hash()
            assert (hashed.path, hashed.size, hashed.head) == (copy.path, size, data[:4096])
            assert hashed.sha256 == hashlib.sha256(data).digest()
            async with store.open_local(key) as other:
                assert (await other.hash()).sha256 == hashed.sha256
            assert copy.path.exists()
        assert await get(store, key, 0, size) == data
        assert spooled(store) == []
        assert open_files(store) == []

    @pytest.mark.parametrize("key", [MISSING, *HOSTILE])
    async def test_what_is_missing_cannot_be_borrowed(self, store: BlobStore, key: str) -> None:
        with pytest.raises(NotFound):
            async with store.open_local(key):
                pytest.fail("there is nothing to lend")
        assert spooled(store) == []

    async def test_an_error_of_the_borrower_is_its_own(self, store: BlobStore) -> None:
        key = await put(store, b"lent")
        with pytest.raises(FileNotFoundError):
            async with store.open_local(key):
                raise FileNotFoundError
        assert spooled(store) == []
        assert await get(store, key, 0, 4) == b"lent"

    async def test_a_cancelled_borrower_leaves_nothing(self, store: BlobStore) -> None:
        async def borrow() -> None:
            async with store.open_local(key) as copy:
                await copy.hash()
                await asyncio.sleep(60)

        key = await put(store, content(4 * MIB))
        for pause in (0, 0, 0.001, 0.003, 0.01, 0.1):
            borrowing = asyncio.ensure_future(borrow())
            await asyncio.sleep(pause)
            borrowing.cancel()
            await asyncio.wait([borrowing])
            assert borrowing.cancelled()
            assert spooled(store) == []
        await eventually(lambda: open_files(store) == [])
        assert await store.size(key) == 4 * MIB

    async def test_it_is_ready(self, store: BlobStore) -> None:
        await store.ready()
        await put(store, b"something")
        await store.ready()


def open_files(store: BlobStore) -> list[str]:
    """Files under the store's folders that this process has open."""
    links = []
    for fd in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(fd.readlink()))
        except FileNotFoundError:  # the folder listing's own
            continue
    return [link for link in links if link.startswith(str(store.spool.parent))]
