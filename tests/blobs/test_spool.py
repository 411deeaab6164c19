"""Receiving bytes into the spool."""

import asyncio
import hashlib
import stat
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from itertools import repeat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediatheque.blobs import Spool, clear_spool
from mediatheque.blobs.spool import MIN_BATCH_BYTES
from mediatheque.blobs.store import HEAD_BYTES
from mediatheque.errors import BlobsUnavailable, StorageFull, TooLarge
from tests.contracts.blob_store import MIB, content, eventually, file_names

POOL = content(3 * MIB)
SIZES = st.one_of(
    st.integers(0, 5000),
    st.sampled_from([0, 1, 4095, 4096, 4097, 65536, 417_792, MIB - 1, MIB, MIB + 1, 3 * MIB]),
)
KINDS = st.sampled_from([bytes, bytearray, memoryview])


async def upload(folder: Path, chunks: Iterable[bytes], limit: int = 1 << 40) -> None:
    async with Spool(folder, limit=limit) as spool:
        for chunk in chunks:
            await spool.write(chunk)
        await spool.finish()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SIZES, KINDS), max_size=9))
async def test_any_split_into_chunks_gives_the_same_file(chunks: list[tuple[int, type]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Spool(Path(folder), limit=100 * MIB) as spool:
            for size, kind in chunks:
                await spool.write(kind(POOL[:size]))
            await spool.finish()
            whole = b"".join(POOL[:size] for size, _ in chunks)
            assert spool.path.read_bytes() == whole
            assert spool.size == len(whole)
            assert spool.head == whole[:HEAD_BYTES]
            assert spool.sha256 == hashlib.sha256(whole).digest()
            assert spool.crc32 == zlib.crc32(whole)
        assert file_names(Path(folder)) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SIZES, KINDS), max_size=9))
async def test_what_fits_into_one_batch_stays_in_memory(chunks: list[tuple[int, type]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Spool(Path(folder), limit=100 * MIB, in_memory=True) as spool:
            for size, kind in chunks:
                await spool.write(kind(POOL[:size]))
            await spool.finish()
            whole = b"".join(POOL[:size] for size, _ in chunks)
            assert (spool.path.read_bytes() if spool.content is None else spool.content) == whole
            assert (spool.content is None) == (len(whole) >= MIB)
            assert spool.path.exists() == (spool.content is None)
            assert (spool.size, spool.head) == (len(whole), whole[:HEAD_BYTES])
            assert spool.sha256 == hashlib.sha256(whole).digest()
            assert spool.crc32 == zlib.crc32(whole)
        assert file_names(Path(folder)) == []


async def test_crowd_of_spools_holds_little_in_memory(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        spools = [await stack.enter_async_context(Spool(tmp_path, 1 << 40, in_memory=True)) for _ in range(200)]
        for spool in spools:
            await spool.write(POOL[: MIN_BATCH_BYTES - 1])
            await spool.write(b"ab")
            await spool.finish()
        assert all(spool.content is None for spool in spools)


async def test_ten_thousand_tiny_chunks(tmp_path: Path) -> None:
    data = content(10_000)
    async with Spool(tmp_path, limit=10_000) as spool:
        for at in range(10_000):
            await spool.write(data[at : at + 1])
        await spool.finish()
        assert spool.path.read_bytes() == data
        assert spool.sha256 == hashlib.sha256(data).digest()


async def test_reused_buffer_is_copied(tmp_path: Path) -> None:
    async with Spool(tmp_path, limit=100) as spool:
        buffer = bytearray(b"first")
        await spool.write(buffer)
        buffer[:] = b"SECOND"
        await spool.write(memoryview(buffer)[:6])
        buffer[:] = b"......"
        await spool.finish()
        assert spool.path.read_bytes() == b"firstSECOND"


async def test_file_has_mode_0600(tmp_path: Path) -> None:
    async with Spool(tmp_path, limit=10) as spool:
        await spool.write(b"secret")
        await spool.finish()
        assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600


async def test_head_is_known_before_finish(tmp_path: Path) -> None:
    async with Spool(tmp_path, limit=10, head_bytes=4) as spool:
        await spool.write(b"RI")
        await spool.write(b"FFxx")
        assert spool.head == b"RIFF"


@pytest.mark.parametrize("limit", [0, 1, 4096, MIB, 3 * MIB])
@pytest.mark.parametrize("step", [1000, 300_000])
async def test_one_byte_over_the_limit_is_too_large(tmp_path: Path, limit: int, step: int) -> None:
    async with Spool(tmp_path, limit=limit) as spool:
        for at in range(0, limit, step):
            await spool.write(bytes(min(step, limit - at)))
        await spool.finish()
        assert spool.size == limit
    with pytest.raises(TooLarge) as refused:
        await upload(tmp_path, (bytes(min(step, limit + 1 - at)) for at in range(0, limit + 1, step)), limit)
    assert refused.value.limit == limit
    assert file_names(tmp_path) == []


@pytest.mark.parametrize("size", [0, 10, MIB, 5 * MIB])
async def test_error_of_the_caller_deletes_the_file(tmp_path: Path, size: int) -> None:
    def breaks_off() -> Iterator[bytes]:
        yield bytes(size)
        raise EOFError

    with pytest.raises(EOFError):
        await upload(tmp_path, breaks_off())
    assert file_names(tmp_path) == []


@pytest.mark.parametrize("after", [0, 0.0005, 0.001, 0.003, 0.01, 0.03])
async def test_cancelled_upload_deletes_the_file(tmp_path: Path, after: float) -> None:
    chunk = bytes(400_000)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(upload(tmp_path, repeat(chunk)), after)
    assert file_names(tmp_path) == []


async def test_second_cancellation_still_deletes_the_file(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def stalled() -> None:
        async with Spool(tmp_path, limit=1 << 40) as spool:
            await spool.write(bytes(8 * MIB))
            started.set()
            await asyncio.sleep(60)

    running = asyncio.ensure_future(stalled())
    await started.wait()
    while not running.done():
        running.cancel()
        await asyncio.sleep(0)
    await eventually(lambda: file_names(tmp_path) == [])
    assert running.cancelled()


async def test_missing_folder_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(BlobsUnavailable):
        await upload(tmp_path / "gone", [b"x"])
    assert file_names(tmp_path) == []


async def test_full_disk_raises_storage_full_and_is_left_empty(tiny: Path) -> None:
    with pytest.raises(StorageFull):
        await upload(tiny, repeat(content(100_000)))
    assert file_names(tiny) == []


async def test_clear_spool_deletes_spool_files_only(tmp_path: Path) -> None:
    script = f"""
import asyncio, os
from pathlib import Path
from mediatheque.blobs import Spool
async def main():
    async with Spool(Path({str(tmp_path)!r}), limit=100) as spool:
        await spool.write(b"in flight")
        await spool.finish()
        os.kill(os.getpid(), 9)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == -9
    (tmp_path / "notes.txt").write_text("not ours")
    assert len(file_names(tmp_path)) == 2
    assert clear_spool(tmp_path) == 1
    assert file_names(tmp_path) == ["notes.txt"]


def test_memory_is_bounded(tmp_path: Path) -> None:
    """256 MiB through one spool, then 32 concurrent uploads, in a separate process; growth of its peak in MiB."""
    script = f"""
import asyncio, re
from pathlib import Path
from mediatheque.blobs import Spool
folder = Path({str(tmp_path)!r})
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
async def upload(mebibytes):
    async with Spool(folder, limit=1 << 40) as spool:
        for _ in range(mebibytes * 4):
            await spool.write(bytes(1 << 18))
            await asyncio.sleep(0)
        await spool.finish()
async def main():
    await upload(1)
    start = peak()
    await upload(256)
    one = peak()
    await asyncio.gather(*(upload(8) for _ in range(32)))
    print(one - start, peak() - one)
asyncio.run(main())
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    one, many = map(float, out.split())
    assert one < 6
    assert many < 45
