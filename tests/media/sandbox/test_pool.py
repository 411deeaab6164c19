"""Workers die and callers are cancelled: every other caller gets its own reply, and nothing leaks."""

import asyncio
import errno
import os
import random
import signal
import threading
from pathlib import Path

import pytest
import uvloop

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.formats import FORMATS
from mediatheque.media.sandbox.sandbox import Sandbox
from tests import samples
from tests.media.sandbox import malicious_workers
from tests.media.sandbox.processes import children, eventually, fork_servers, is_running, workers

JPEG = FORMATS["image/jpeg"]


@pytest.fixture
def good(put):
    return put(samples.jpeg())


@pytest.fixture
async def two_workers():
    sandbox = Sandbox(SandboxConfig(), processes=2)
    sandbox.start()
    yield sandbox
    await sandbox.close()


def kill_one(dice: random.Random) -> int:
    """Kill a worker, if one is running. Return how many were killed."""
    living = [pid for pid in workers(os.getpid()) if is_running(pid)]
    if not living:
        return 0
    try:
        os.kill(dice.choice(living), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def kill_all() -> None:
    """Kill every worker, including one that is just starting, and wait until all have ended."""
    living = workers(os.getpid())
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not any(map(is_running, living)))


def sockets(pid: int) -> set[str]:
    """Sockets of the process, other than its standard streams."""
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:  # the descriptor that lists the folder
            continue
        if int(entry.name) > 2 and target.startswith("socket:"):
            found.add(target)
    return found


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def test_worker_killed_while_idle_fails_no_request(two_workers, good):
    for _ in range(10):
        kill_all()
        probed = await asyncio.gather(*(two_workers.probe(good, JPEG) for _ in range(4)))
        assert {each.media_info.width for each in probed} == {64}
        assert eventually(lambda: len(workers(os.getpid())) == 2)


async def test_worker_killed_before_it_read_the_request_fails_no_request(sandbox, good):
    """Its socket has accepted the request, but the worker has not read it."""
    (worker,) = workers(os.getpid())
    os.kill(worker, signal.SIGSTOP)
    asked = asyncio.create_task(sandbox.probe(good, JPEG))
    await asyncio.sleep(0.05)
    assert not asked.done()
    os.kill(worker, signal.SIGKILL)
    assert (await asked).media_info.width == 64


async def test_worker_killed_during_a_request_fails_that_request(sandbox, put, good):
    """A worker that has read the request may have been killed by the file."""
    long = put(b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + b"\x01a" * 600_000 + b"\0" + samples.gif(1, 1)[13:])
    (worker,) = workers(os.getpid())
    asked = asyncio.create_task(sandbox.probe(long, FORMATS["image/gif"]))
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(sandbox.probe(good, JPEG))
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(Unreadable, match="safely"):
        await asked
    assert (await waiting).media_info.width == 64


async def test_workers_killed_at_random_fail_only_their_requests(two_workers, good):
    dice = random.Random(11)
    killed = 0

    async def killer() -> None:
        nonlocal killed
        for _ in range(12):
            await asyncio.sleep(dice.uniform(0, 0.02))
            killed += kill_one(dice)

    probes = (two_workers.probe(good, JPEG) for _ in range(100))
    *outcomes, _ = await asyncio.gather(*probes, killer(), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Unreadable)]
    probed = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert killed
    assert len(refused) <= killed
    assert len(probed) + len(refused) == 100
    assert {each.media_info.width for each in probed} == {64}


async def test_two_hundred_killed_workers_leak_nothing(two_workers, good):
    dice = random.Random(13)
    (server,) = fork_servers(os.getpid())
    await two_workers.probe(good, JPEG)
    before = descriptors(os.getpid()), descriptors(server), threading.active_count(), len(children(os.getpid()))
    killed = 0
    while killed < 200:
        probes = [asyncio.create_task(two_workers.probe(good, JPEG)) for _ in range(dice.randrange(4))]
        await asyncio.sleep(dice.uniform(0, 0.001))
        killed += kill_one(dice)
        for outcome in await asyncio.gather(*probes, return_exceptions=True):
            assert isinstance(outcome, Unreadable) or outcome.media_info.width == 64
    for _ in range(2):  # each round finds workers that were killed while idle
        await asyncio.gather(*(two_workers.probe(good, JPEG) for _ in range(8)))

    def left() -> tuple[int, ...]:
        return descriptors(os.getpid()), descriptors(server), threading.active_count(), len(children(os.getpid()))

    assert eventually(lambda: left() == before), (before, left())
    assert len(workers(os.getpid())) == 2
    assert all(is_running(pid) for pid in workers(os.getpid()))  # and none is a zombie


async def test_reply_is_never_given_to_another_caller(two_workers, put):
    """Some callers are cancelled at any moment; the others ask about files of different sizes."""
    dice = random.Random(17)
    files = {width: put(samples.jpeg(width, 16)) for width in range(16, 48)}

    async def patient(width: int) -> None:
        assert (await two_workers.probe(files[width], JPEG)).media_info.width == width

    async def impatient(width: int) -> None:
        task = asyncio.create_task(patient(width))
        await asyncio.sleep(dice.uniform(0, 0.1))
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or task.exception() is None

    for _ in range(4):
        crowd = [dice.choice((patient, impatient))(width) for width in files]
        await asyncio.gather(*crowd)
    assert eventually(lambda: len(workers(os.getpid())) <= 2)


async def test_many_callers_cancelled_at_once(two_workers, good):
    for turns in (0, 1, 2, 3, 5):
        tasks = [asyncio.create_task(two_workers.probe(good, JPEG)) for _ in range(100)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    assert (await two_workers.probe(good, JPEG)).media_info.width == 64
    assert len(workers(os.getpid())) <= 2


async def test_too_many_open_files_fail_a_request_and_replace_no_worker(two_workers, monkeypatch):
    def refuse(*_: object) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    before = workers(os.getpid())
    with monkeypatch.context() as patch:
        patch.setattr(os, "memfd_create", refuse)
        for _ in range(3):
            async with asyncio.timeout(60):
                with pytest.raises(Unavailable):
                    await two_workers.probe(samples.jpeg(), JPEG)
    assert (await two_workers.probe(samples.jpeg(), JPEG)).media_info.width == 64
    assert workers(os.getpid()) == before


async def test_callers_are_served_in_order(sandbox, good):
    served = []

    async def principal(number: int) -> None:
        await sandbox.probe(good, JPEG)
        served.append(number)

    await asyncio.gather(*(principal(number) for number in range(50)))
    assert served == list(range(50))


async def test_one_task_per_worker(good):
    sandbox = Sandbox(SandboxConfig(tasks_per_worker=1), processes=2)
    sandbox.start()
    try:
        probed = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(20)))
        assert {each.media_info.width for each in probed} == {64}
    finally:
        await sandbox.close()
    assert workers(os.getpid()) == []


def test_pool_is_used_by_one_event_loop_after_another(good):
    """asyncio and uvloop, some stopped during a request; started outside of a loop, closed from another one."""
    sandbox = Sandbox(SandboxConfig(), processes=2)
    sandbox.start()

    async def probe() -> None:
        probed = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(6)))
        assert {each.media_info.width for each in probed} == {64}

    async def leave() -> None:
        tasks = [asyncio.create_task(sandbox.probe(good, JPEG)) for _ in range(6)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    for run in (asyncio.run, uvloop.run) * 3:
        run(probe())
        run(leave())
    asyncio.run(sandbox.close())
    assert workers(os.getpid()) == []


async def test_socket_end_is_held_by_one_process(two_workers):
    """Otherwise neither the server nor a worker would notice that the other has died."""
    (server,) = fork_servers(os.getpid())
    first, second = (sockets(pid) for pid in workers(os.getpid()))
    assert (len(first), len(second)) == (1, 1)
    holders = [first, second, sockets(server), sockets(os.getpid())]
    assert sum(map(len, holders)) == len(set.union(*holders))


@pytest.mark.parametrize(
    "malicious",
    [
        "not_json",
        "endless",
        "two_replies",
        "unknown_type",
        "mistyped",
        "unsupported_mime",
        "half_a_reply",
        "silent",
        "frames_to_a_probe",
    ],
)
async def test_invalid_reply_is_refused_and_the_worker_killed(monkeypatch, good, malicious):
    sandbox = Sandbox(SandboxConfig(timeout_seconds=0.5), processes=1)
    with monkeypatch.context() as patched:
        patched.setattr("mediatheque.media.sandbox.process.serve", getattr(malicious_workers, malicious))
        sandbox.start()
    (worker,) = workers(os.getpid())
    try:
        with pytest.raises(Unreadable, match="safely"):
            await sandbox.probe(good, JPEG)
        assert (await sandbox.probe(good, JPEG)).media_info.width == 64
        assert not is_running(worker)
    finally:
        await sandbox.close()


async def test_reply_in_many_writes_is_one_reply(monkeypatch, good):
    monkeypatch.setattr("mediatheque.media.sandbox.process.serve", malicious_workers.byte_by_byte)
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start()
    try:
        assert (await sandbox.probe(good, JPEG)).media_info.height == 2
    finally:
        await sandbox.close()


async def test_failed_starts_are_unavailable_and_retried(monkeypatch, good):
    """Callers get `Unavailable` at once, and the next call tries again."""
    sandbox = Sandbox(SandboxConfig(), processes=2)
    sandbox.start()
    with monkeypatch.context() as failing:
        failing.setattr("mediatheque.media.sandbox.process.serve", malicious_workers.exits_at_once)
        kill_all()
        for _ in range(2):
            outcomes = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(5)), return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {Unavailable}
    probed = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(5)))
    assert {each.media_info.width for each in probed} == {64}
    await sandbox.close()
    assert workers(os.getpid()) == []


async def test_path_that_is_not_unicode(sandbox, tmp_path):
    path = tmp_path / os.fsdecode(b'\xff\n"\xc3')
    path.write_bytes(samples.jpeg())
    assert (await sandbox.probe(path, JPEG)).media_info.width == 64


async def test_missing_file_raises_file_not_found(sandbox, tmp_path):
    with pytest.raises(FileNotFoundError):
        await sandbox.probe(tmp_path / "gone", JPEG)


async def test_close_is_idempotent_and_works_before_start(good):
    sandbox = Sandbox(SandboxConfig(), processes=1)
    await sandbox.close()
    sandbox.start()
    await asyncio.gather(sandbox.close(), sandbox.close())
    with pytest.raises(Unavailable):
        await sandbox.probe(good, JPEG)
