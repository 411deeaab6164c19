"""A hostile file costs a worker; the server and the other files never notice. Real processes, really killed."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import textwrap

import pytest

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.formats import FORMATS
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.media.sniff import HEAD_BYTES, sniff
from tests import samples
from tests.media.sandbox.processes import alive, busy_for, children, confinement, eventually, fork_servers, workers

GIF, JPEG = FORMATS["image/gif"], FORMATS["image/jpeg"]
PARTS = 3_990_000  # just fewer than a walk gives up at, and seconds of work


def endless_gif() -> bytes:
    """Valid, and made of so many one-byte pieces that a worker is busy for seconds."""
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


async def becomes_busy() -> int:
    """The worker that has started to work."""
    for _ in range(3000):
        for pid in workers(os.getpid()):
            if busy_for(pid) > 0.2:  # far more than starting takes
                return pid
        await asyncio.sleep(0.01)
    raise AssertionError("no worker is busy")


async def test_a_file_that_takes_too_long_is_refused(open_sandbox, endless, good):
    sandbox = open_sandbox(processes=1, timeout_seconds=0.2)
    with pytest.raises(Unreadable, match="safely"):
        await sandbox.probe(endless, GIF)
    assert (await sandbox.probe(good, JPEG)).width == 64


async def test_a_file_that_burns_the_processor_is_refused(open_sandbox, endless, good):
    sandbox = open_sandbox(processes=1, cpu_seconds=1, timeout_seconds=60)
    with pytest.raises(Unreadable, match="safely"):
        await sandbox.probe(endless, GIF)
    assert (await sandbox.probe(good, JPEG)).width == 64


@pytest.mark.parametrize("sign", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
async def test_a_file_that_crashes_its_worker_is_refused_and_no_other(open_sandbox, endless, good, sign):
    sandbox = open_sandbox(processes=2)
    hostile = asyncio.create_task(sandbox.probe(endless, GIF))
    crashing = await becomes_busy()
    others = [asyncio.create_task(sandbox.probe(good, JPEG)) for _ in range(20)]
    os.kill(crashing, sign)
    with pytest.raises(Unreadable):
        await hostile
    assert {media_info.width for media_info in await asyncio.gather(*others)} == {64}


async def test_a_caller_that_gives_up_frees_the_worker(open_sandbox, endless, good):
    sandbox = open_sandbox(processes=1, timeout_seconds=60)
    waiting = asyncio.create_task(sandbox.probe(endless, GIF))
    worker = await becomes_busy()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await sandbox.probe(good, JPEG)).width == 64
    assert not alive(worker)


async def test_idle_workers_that_are_killed_are_replaced(open_sandbox, good):
    sandbox = open_sandbox(processes=2)
    for pid in workers(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    for _ in range(5):
        assert (await sandbox.probe(good, JPEG)).width == 64


async def test_a_fork_server_that_is_killed_is_replaced(open_sandbox, good):
    sandbox = open_sandbox(processes=1)
    orphans = workers(os.getpid())
    for pid in fork_servers(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    assert (await sandbox.probe(good, JPEG)).width == 64
    assert eventually(lambda: not any(alive(pid) for pid in orphans))


async def test_a_worker_is_replaced_after_its_share_of_files(open_sandbox, good):
    sandbox = open_sandbox(processes=1, tasks_per_worker=3)
    seen = set()
    for _ in range(8):
        assert (await sandbox.probe(good, JPEG)).width == 64
        seen |= set(workers(os.getpid()))
    assert len(seen) >= 2


async def test_signals_to_the_group_leave_a_file_in_progress_alone(open_sandbox, put):
    """Ctrl-C and a service manager reach every process, but uploads in flight are still to be finished."""
    sandbox = open_sandbox(processes=1, timeout_seconds=60)
    long = put(b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + b"\x01a" * 600_000 + b"\0" + samples.gif(1, 1)[13:])
    waiting = asyncio.create_task(sandbox.probe(long, GIF))
    await becomes_busy()
    for pid in (*fork_servers(os.getpid()), *workers(os.getpid())):
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
    with pytest.raises(Unreadable) as refusal:  # a GIF whose colours are missing: refused, but examined to the end
        await waiting
    assert "safely" not in refusal.value.message


async def test_closing_lets_files_in_progress_finish(good):
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start()
    waiting = [asyncio.create_task(sandbox.probe(good, JPEG)) for _ in range(20)]
    await asyncio.sleep(0)
    await sandbox.close()
    assert {media_info.width for media_info in await asyncio.gather(*waiting)} == {64}
    assert workers(os.getpid()) == []
    with pytest.raises(Unavailable):
        await sandbox.probe(good, JPEG)


async def test_many_at_once(open_sandbox, good):
    sandbox = open_sandbox(processes=2)
    media_info = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(200)))
    assert {fact.width for fact in media_info} == {64}


async def test_callers_that_come_and_go_leave_nothing_behind(open_sandbox, good):
    sandbox = open_sandbox(processes=2)
    dice = random.Random(3)

    async def impatient() -> None:
        async with asyncio.timeout(dice.uniform(0, 0.05)):
            await sandbox.probe(good, JPEG)

    await asyncio.gather(*(impatient() for _ in range(150)), return_exceptions=True)
    assert (await sandbox.probe(good, JPEG)).width == 64
    assert len(workers(os.getpid())) <= 2


async def test_a_worker_stands_nowhere_and_may_write_nothing(open_sandbox):
    open_sandbox(processes=1)
    (worker,) = workers(os.getpid())
    assert confinement(worker) == {
        "cwd": "(deleted)",
        "Max address space": str(1 << 30),
        "Max file size": "0",
        "Max core file size": "0",
        "Max open files": "64",
        "NoNewPrivs": "1",
    }


@pytest.mark.parametrize("mime", ["video/mp4", "video/webm", "audio/mpeg", "audio/wav", "audio/ogg", "audio/flac"])
async def test_playlists_reach_neither_files_nor_the_network(open_sandbox, put, mime):
    """Even if one got past the sniffer. The secret is a real video, which FFmpeg would gladly open."""
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


async def test_damage_anywhere_gives_facts_or_a_refusal(open_sandbox, put, capfd):
    """Bytes changed, cut and repeated at random places of every format: never a crash, never another error."""
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

    damaged = (mutated(make(), dice) for make in samples.ACCEPTED.values() for _ in range(30))
    answers = await asyncio.gather(*(examine(data) for data in damaged))
    assert "The file could not be examined safely." not in answers
    assert {"accepted", "unknown"} < set(answers)


def mutated(data: bytes, dice: random.Random) -> bytes:
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
    """A process of its own that opens a sandbox, as a server's worker process does."""
    head = """
        import asyncio, multiprocessing, os, sys, time
        from pathlib import Path
        from mediatheque.media.config import SandboxConfig
        from mediatheque.media.formats import FORMATS
        from mediatheque.media.sandbox.sandbox import Sandbox
    """
    script = textwrap.dedent(head) + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-c", script, *args], stdout=subprocess.PIPE, text=True)


def test_killing_the_server_ends_its_workers_even_in_the_middle_of_a_file(endless):
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
        assert eventually(lambda: any(busy_for(pid) > 0.1 for pid in workers(process.pid)))
        below = [*children(process.pid), *workers(process.pid)]
        assert len(below) >= 3
        process.kill()
        assert eventually(lambda: not any(alive(pid) for pid in below), within=5)


def test_a_server_that_exits_without_closing_does_not_hang():
    body = """
        sandbox = Sandbox(SandboxConfig(), processes=1)
        sandbox.start()
        sys.exit(3)
    """
    with server(body) as process:
        assert process.wait(timeout=20) == 3


def test_it_works_in_a_process_started_by_multiprocessing(good, tmp_path):
    """As Granian starts its workers; one exits by itself, one without closing."""
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
                    media_info = await sandbox.probe(Path(path), FORMATS["image/jpeg"])
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


async def test_workers_without_room_to_live_are_a_clear_error():
    sandbox = Sandbox(SandboxConfig(memory_bytes=1 << 20), processes=1)
    with pytest.raises(Unavailable, match="MEDIATHEQUE_SANDBOX_MEMORY_BYTES"):
        sandbox.start()
    await sandbox.close()


@pytest.mark.parametrize("setting", SandboxConfig.__struct_fields__)
def test_a_setting_that_would_refuse_everything_is_refused_itself(setting):
    with pytest.raises(ValueError, match=setting):
        SandboxConfig(**{setting: -1})
