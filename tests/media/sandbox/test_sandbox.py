"""A malicious file may kill its worker, but affects neither the server nor other files. With real processes."""

import asyncio
import mmap
import os
import random
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.formats import FORMATS
from mediatheque.media.sandbox.memory_file import memory_file, path_of
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.media.sniff import HEAD_BYTES, sniff
from tests import samples
from tests.media.sandbox.processes import (
    children,
    confinement,
    cpu_seconds,
    eventually,
    fork_servers,
    is_running,
    workers,
)

GIF, JPEG = FORMATS["image/gif"], FORMATS["image/jpeg"]
PARTS = 3_990_000  # just fewer than are refused, and seconds of work


def endless_gif() -> bytes:
    """Valid, and of so many one-byte blocks that a worker is busy for seconds."""
    return b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + b"\x01a" * PARTS + b"\0\x3b"


@pytest.fixture
def endless(put):
    return put(endless_gif())


@pytest.fixture
def good(put):
    return put(samples.jpeg())


@pytest.fixture
async def open_sandbox():
    opened = []

    def open_(processes=2, **config) -> Sandbox:
        sandbox = Sandbox(SandboxConfig(**config), processes=processes)
        sandbox.start()
        opened.append(sandbox)
        return sandbox

    yield open_
    for sandbox in opened:
        await sandbox.close()


async def wait_for_busy_worker() -> int:
    """Wait for a worker that works on a file, and return its process id."""
    for _ in range(3000):
        for pid in workers(os.getpid()):
            if cpu_seconds(pid) > 0.2:  # far more than starting takes
                return pid
        await asyncio.sleep(0.01)
    raise AssertionError("no worker is busy")


async def test_file_over_the_time_limit_is_refused(open_sandbox, endless, good):
    sandbox = open_sandbox(processes=1, timeout_seconds=0.2)
    with pytest.raises(Unreadable, match="safely"):
        await sandbox.probe(endless, GIF)
    assert (await sandbox.probe(good, JPEG)).media_info.width == 64


async def test_file_over_the_cpu_limit_is_refused(open_sandbox, endless, good):
    sandbox = open_sandbox(processes=1, cpu_seconds=1, timeout_seconds=60)
    for _ in range(50):  # a fast machine reads the file within a second, but the limit is on the worker's whole life
        with pytest.raises(Unreadable) as refused:
            await sandbox.probe(endless, GIF)
        if "safely" in str(refused.value):
            break
    else:
        pytest.fail("no worker was ended for the processor time it took")
    assert (await sandbox.probe(good, JPEG)).media_info.width == 64


@pytest.mark.parametrize("sign", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
async def test_file_that_crashes_its_worker_is_refused_alone(open_sandbox, endless, good, sign):
    sandbox = open_sandbox(processes=2)
    malicious = asyncio.create_task(sandbox.probe(endless, GIF))
    crashing = await wait_for_busy_worker()
    others = [asyncio.create_task(sandbox.probe(good, JPEG)) for _ in range(20)]
    os.kill(crashing, sign)
    with pytest.raises(Unreadable):
        await malicious
    assert {each.media_info.width for each in await asyncio.gather(*others)} == {64}


async def test_cancelled_caller_frees_the_worker(open_sandbox, endless, good):
    sandbox = open_sandbox(processes=1, timeout_seconds=60)
    waiting = asyncio.create_task(sandbox.probe(endless, GIF))
    worker = await wait_for_busy_worker()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await sandbox.probe(good, JPEG)).media_info.width == 64
    assert not is_running(worker)


async def test_killed_idle_workers_are_replaced(open_sandbox, good):
    sandbox = open_sandbox(processes=2)
    for pid in workers(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    for _ in range(5):
        assert (await sandbox.probe(good, JPEG)).media_info.width == 64


async def test_killed_fork_server_is_replaced(open_sandbox, good):
    sandbox = open_sandbox(processes=1)
    orphans = workers(os.getpid())
    for pid in fork_servers(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    assert (await sandbox.probe(good, JPEG)).media_info.width == 64
    assert eventually(lambda: not any(is_running(pid) for pid in orphans))


async def test_worker_is_replaced_after_its_task_limit(open_sandbox, good):
    sandbox = open_sandbox(processes=1, tasks_per_worker=3)
    seen = set()
    for _ in range(8):
        assert (await sandbox.probe(good, JPEG)).media_info.width == 64
        seen |= set(workers(os.getpid()))
    assert len(seen) >= 2


async def test_signals_to_the_process_group_do_not_stop_a_request(open_sandbox, put):
    """Ctrl-C and a service manager reach every process, but uploads in progress must be finished."""
    sandbox = open_sandbox(processes=1, timeout_seconds=60)
    long = put(b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + b"\x01a" * 600_000 + b"\0" + samples.gif(1, 1)[13:])
    waiting = asyncio.create_task(sandbox.probe(long, GIF))
    await wait_for_busy_worker()
    for pid in (*fork_servers(os.getpid()), *workers(os.getpid())):
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
    with pytest.raises(Unreadable) as refusal:  # a GIF whose colours are missing: refused, but examined to the end
        await waiting
    assert "safely" not in refusal.value.message


async def test_close_waits_for_requests_in_progress(good):
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start()
    waiting = [asyncio.create_task(sandbox.probe(good, JPEG)) for _ in range(20)]
    await asyncio.sleep(0)
    await sandbox.close()
    assert {each.media_info.width for each in await asyncio.gather(*waiting)} == {64}
    assert workers(os.getpid()) == []
    with pytest.raises(Unavailable):
        await sandbox.probe(good, JPEG)


async def test_two_hundred_concurrent_requests(open_sandbox, good):
    sandbox = open_sandbox(processes=2)
    probed = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(200)))
    assert {each.media_info.width for each in probed} == {64}


async def test_timed_out_callers_leak_no_workers(open_sandbox, good):
    sandbox = open_sandbox(processes=2)
    dice = random.Random(3)

    async def impatient() -> None:
        async with asyncio.timeout(dice.uniform(0, 0.05)):
            await sandbox.probe(good, JPEG)

    await asyncio.gather(*(impatient() for _ in range(150)), return_exceptions=True)
    assert (await sandbox.probe(good, JPEG)).media_info.width == 64
    assert len(workers(os.getpid())) <= 2


async def test_worker_is_confined(open_sandbox):
    open_sandbox(processes=1)
    (worker,) = workers(os.getpid())
    assert confinement(worker) == {
        "cwd": "(deleted)",
        "Max address space": str(1 << 30),
        "Max file size": "0",
        "Max core file size": "0",
        "Max open files": "64",
        "NoNewPrivs": "1",
        "oom_score_adj": "900",
    }


@pytest.mark.parametrize("mime", ["video/mp4", "video/webm", "audio/mpeg", "audio/wav", "audio/ogg", "audio/flac"])
async def test_playlist_cannot_open_files_or_the_network(open_sandbox, put, mime):
    """Even if `sniff` took a playlist for the format. The secret is a real video, which FFmpeg could open."""
    sandbox = open_sandbox(processes=1)
    secret = put(samples.mp4())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.ts"
        for data in (
            samples.playlist_as_mp4(url),
            samples.playlist_as_mp4(f"file://{secret}"),
            samples.ffconcat(str(secret)),
            samples.ffconcat(secret.name),
            samples.ffconcat(url),
            samples.sdp(),
            samples.dash(),
        ):
            with pytest.raises(Unreadable):
                await sandbox.probe(put(data), FORMATS[mime])
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    "make",
    [
        samples.jpeg,
        samples.png,
        samples.apng,
        samples.webp,
        samples.avif,
        samples.heic,
        samples.gif,
        samples.mp4,
        samples.mov,
        samples.webm,
        samples.mp3,
        samples.wav,
        samples.m4a,
        samples.ogg,
        samples.aac,
        samples.flac,
        samples.glb,
        samples.pdf,
    ],
)
async def test_bytes_are_examined_as_their_file_is(open_sandbox, put, make):
    sandbox, data = open_sandbox(processes=1), make()
    format_ = sniff(data[:HEAD_BYTES])
    assert sandbox.takes_bytes
    assert await sandbox.probe(data, format_) == await sandbox.probe(put(data), format_)
    with pytest.raises(Unreadable):
        await sandbox.probe(data[: len(data) // 3], FORMATS["application/pdf"])
    assert (await sandbox.probe(data, format_)).media_info.mime == (
        await sandbox.probe(put(data), format_)
    ).media_info.mime


async def test_worker_cannot_change_the_bytes_that_it_examines():
    with memory_file(b"abc") as fd, Path(path_of(fd)).open("rb") as reader:
        for change in (lambda: os.pwrite(fd, b"x", 0), lambda: os.ftruncate(fd, 0), lambda: os.ftruncate(fd, 9)):
            with pytest.raises(PermissionError):
                change()
        with pytest.raises(PermissionError):
            mmap.mmap(fd, 3, mmap.MAP_SHARED)
        assert reader.read() == b"abc"


@pytest.mark.parametrize("missing", ["call", "proc"])
async def test_system_without_memory_files_takes_paths_only(monkeypatch, missing):
    def refused(*_: object) -> int:
        raise PermissionError

    if missing == "call":
        monkeypatch.setattr(os, "memfd_create", refused)
    else:
        monkeypatch.setattr("mediatheque.media.sandbox.memory_file._DESCRIPTORS", Path("/nowhere"))
    assert not Sandbox(SandboxConfig()).takes_bytes


async def test_worker_closes_the_files_that_it_has_examined(open_sandbox):
    sandbox = open_sandbox(processes=1)
    for _ in range(100):  # more than the files that it may have open
        assert (await sandbox.probe(samples.jpeg(), JPEG)).media_info.width == 64


async def test_random_damage_gives_media_info_or_a_refusal(open_sandbox, put, capfd):
    """Bytes are changed, cut and repeated at random places of every format. No worker crashes."""
    sandbox = open_sandbox(processes=2)
    dice = random.Random(7)

    async def examine(data: bytes) -> str:
        path, format_ = put(data), sniff(data[:HEAD_BYTES])
        if format_ is None:
            return "unknown"
        try:
            await sandbox.probe(path, format_)
        except Unreadable as refusal:
            return refusal.message
        finally:
            path.unlink()
        return "accepted"

    damaged = (mutate(make(), dice) for make in samples.ACCEPTED.values() for _ in range(30))
    answers = await asyncio.gather(*(examine(data) for data in damaged))
    assert "The file could not be examined safely." not in answers
    assert {"accepted", "unknown"} < set(answers)


def mutate(data: bytes, dice: random.Random) -> bytes:
    copy = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(copy))
        copy[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    if dice.random() < 0.2:
        at = dice.randrange(len(copy))
        copy[at:at] = copy[at : at + dice.randrange(1, 64)]
    if dice.random() < 0.1:
        del copy[dice.randrange(8, len(copy)) :]
    return bytes(copy)


def server(body: str, *args: str) -> subprocess.Popen[str]:
    """Start a process that opens a sandbox, as a server process does."""
    head = """
        import asyncio, multiprocessing, os, sys, time
        from pathlib import Path
        from mediatheque.media.config import SandboxConfig
        from mediatheque.media.formats import FORMATS
        from mediatheque.media.sandbox.sandbox import Sandbox
    """
    script = textwrap.dedent(head) + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-c", script, *args], stdout=subprocess.PIPE, text=True)


def test_killed_server_ends_its_busy_workers(endless):
    body = """
        async def main():
            sandbox = Sandbox(SandboxConfig(timeout_seconds=60, cpu_seconds=60), processes=2)
            sandbox.start()
            print("started", flush=True)
            await sandbox.probe(Path(sys.argv[1]), FORMATS["image/gif"])
        asyncio.run(main())
    """
    with server(body, str(endless)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        assert eventually(lambda: any(cpu_seconds(pid) > 0.1 for pid in workers(process.pid)))
        below = [*children(process.pid), *workers(process.pid)]
        assert len(below) >= 3
        process.kill()
        assert eventually(lambda: not any(is_running(pid) for pid in below), within=5)


def test_server_that_exits_without_close_does_not_hang():
    body = """
        sandbox = Sandbox(SandboxConfig(), processes=1)
        sandbox.start()
        sys.exit(3)
    """
    with server(body) as process:
        assert process.wait(timeout=20) == 3


def test_sandbox_works_in_a_multiprocessing_child(good, tmp_path):
    """As Granian starts its workers; one closes the sandbox before it exits, one does not."""
    script = tmp_path / "granian_like.py"
    script.write_text(
        textwrap.dedent("""
            import asyncio, multiprocessing, sys
            from pathlib import Path
            from mediatheque.media.config import SandboxConfig
            from mediatheque.media.formats import FORMATS
            from mediatheque.media.sandbox.sandbox import Sandbox

            def serve(path, close):
                async def main():
                    sandbox = Sandbox(SandboxConfig(), processes=1)
                    sandbox.start()
                    media_info = (await sandbox.probe(Path(path), FORMATS["image/jpeg"])).media_info
                    if close:
                        await sandbox.close()
                    return media_info.width
                sys.exit(asyncio.run(main()))

            if __name__ == "__main__":
                context = multiprocessing.get_context("spawn")
                served = [context.Process(target=serve, args=(sys.argv[1], close)) for close in (True, False)]
                for process in served:
                    process.start()
                for process in served:
                    process.join(20)
                print([process.exitcode for process in served])
        """)
    )
    ran = subprocess.run([sys.executable, script, good], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "[64, 64]"
    assert ran.stderr == ""


async def test_too_low_memory_limit_is_unavailable():
    sandbox = Sandbox(SandboxConfig(memory_bytes=1 << 20), processes=1)
    with pytest.raises(Unavailable, match="MEDIATHEQUE_SANDBOX_MEMORY_BYTES"):
        sandbox.start()
    await sandbox.close()


@pytest.mark.parametrize("setting", SandboxConfig.__struct_fields__)
def test_negative_setting_is_refused(setting):
    with pytest.raises(ValueError, match=setting):
        SandboxConfig(**{setting: -1})
