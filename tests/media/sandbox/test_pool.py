"""Workers die, callers leave, and nobody else notices: the right answer to each, and nothing left behind."""

import asyncio
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
from tests.media.sandbox.processes import alive, children, eventually, fork_servers, workers

JPEG = FORMATS["image/jpeg"]


@pytest.fixture
def good(put):
    return put(samples.jpeg())


@pytest.fixture
async def pair():
    sandbox = Sandbox(SandboxConfig(), processes=2)
    sandbox.start()
    yield sandbox
    await sandbox.close()


def kill_one(dice: random.Random) -> int:
    """How many were killed: none if none lives at the moment."""
    living = [pid for pid in workers(os.getpid()) if alive(pid)]
    if not living:
        return 0
    try:
        os.kill(dice.choice(living), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def kill_all() -> None:
    """Also one that is just starting, and returns when all are gone."""
    living = workers(os.getpid())
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not any(map(alive, living)))


def sockets(pid: int) -> set[str]:
    """Those that came with no standard stream."""
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:  # the one that lists the folder
            continue
        if int(entry.name) > 2 and target.startswith("socket:"):
            found.add(target)
    return found


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def test_a_worker_killed_while_idle_costs_nobody_anything(pair, good):
    for _ in range(10):
        kill_all()
        media_info = await asyncio.gather(*(pair.probe(good, JPEG) for _ in range(4)))
        assert {fact.width for fact in media_info} == {64}
        assert eventually(lambda: len(workers(os.getpid())) == 2)


async def test_a_worker_killed_before_it_took_the_file_costs_nothing_either(sandbox, good):
    """Its socket accepted the file, but it never looked."""
    (worker,) = workers(os.getpid())
    os.kill(worker, signal.SIGSTOP)
    asked = asyncio.create_task(sandbox.probe(good, JPEG))
    await asyncio.sleep(0.05)
    assert not asked.done()
    os.kill(worker, signal.SIGKILL)
    assert (await asked).width == 64


async def test_a_worker_killed_with_the_file_costs_that_file(sandbox, put, good):
    """As long as it has read the request, nobody can say that the file was innocent."""
    long = put(b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + b"\x01a" * 600_000 + b"\0" + samples.gif(1, 1)[13:])
    (worker,) = workers(os.getpid())
    asked = asyncio.create_task(sandbox.probe(long, FORMATS["image/gif"]))
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(sandbox.probe(good, JPEG))
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(Unreadable, match="safely"):
        await asked
    assert (await waiting).width == 64


async def test_workers_killed_at_random_cost_only_the_files_they_had(pair, good):
    dice = random.Random(11)
    killed = 0

    async def killer() -> None:
        nonlocal killed
        for _ in range(12):
            await asyncio.sleep(dice.uniform(0, 0.02))
            killed += kill_one(dice)

    probes = (pair.probe(good, JPEG) for _ in range(100))
    *outcomes, _ = await asyncio.gather(*probes, killer(), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Unreadable)]
    media_info = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert killed
    assert len(refused) <= killed
    assert len(media_info) + len(refused) == 100
    assert {fact.width for fact in media_info} == {64}


async def test_nothing_is_left_of_two_hundred_killed_workers(pair, good):
    dice = random.Random(13)
    (server,) = fork_servers(os.getpid())
    await pair.probe(good, JPEG)
    before = descriptors(os.getpid()), descriptors(server), threading.active_count(), len(children(os.getpid()))
    killed = 0
    while killed < 200:
        probes = [asyncio.create_task(pair.probe(good, JPEG)) for _ in range(dice.randrange(4))]
        await asyncio.sleep(dice.uniform(0, 0.001))
        killed += kill_one(dice)
        for outcome in await asyncio.gather(*probes, return_exceptions=True):
            assert isinstance(outcome, Unreadable) or outcome.width == 64
    for _ in range(2):  # each finds out about a worker that was killed while idle
        await asyncio.gather(*(pair.probe(good, JPEG) for _ in range(8)))

    def left() -> tuple[int, ...]:
        return descriptors(os.getpid()), descriptors(server), threading.active_count(), len(children(os.getpid()))

    assert eventually(lambda: left() == before), (before, left())
    assert len(workers(os.getpid())) == 2
    assert all(alive(pid) for pid in workers(os.getpid()))  # and none that waits to be reaped


async def test_an_answer_is_never_given_to_another_caller(pair, put):
    """Callers leave in the middle of everything; those who stay ask about files that can be told apart."""
    dice = random.Random(17)
    files = {width: put(samples.jpeg(width, 16)) for width in range(16, 48)}

    async def patient(width: int) -> None:
        assert (await pair.probe(files[width], JPEG)).width == width

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


async def test_a_storm_of_callers_that_leave_at_once(pair, good):
    for turns in (0, 1, 2, 3, 5):
        tasks = [asyncio.create_task(pair.probe(good, JPEG)) for _ in range(100)]
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    assert (await pair.probe(good, JPEG)).width == 64
    assert len(workers(os.getpid())) <= 2


async def test_callers_are_served_in_the_order_they_came(sandbox, good):
    served = []

    async def principal(number: int) -> None:
        await sandbox.probe(good, JPEG)
        served.append(number)

    await asyncio.gather(*(principal(number) for number in range(50)))
    assert served == list(range(50))


async def test_a_worker_for_each_file(good):
    sandbox = Sandbox(SandboxConfig(tasks_per_worker=1), processes=2)
    sandbox.start()
    try:
        media_info = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(20)))
        assert {fact.width for fact in media_info} == {64}
    finally:
        await sandbox.close()
    assert workers(os.getpid()) == []


def test_one_event_loop_after_the_other(good):
    """Of both makes, some left in the middle of a file; started outside of all, and closed from yet another."""
    sandbox = Sandbox(SandboxConfig(), processes=2)
    sandbox.start()

    async def probe() -> None:
        media_info = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(6)))
        assert {fact.width for fact in media_info} == {64}

    async def leave() -> None:
        tasks = [asyncio.create_task(sandbox.probe(good, JPEG)) for _ in range(6)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    for run in (asyncio.run, uvloop.run) * 3:
        run(probe())
        run(leave())
    asyncio.run(sandbox.close())
    assert workers(os.getpid()) == []


async def test_each_end_of_each_socket_is_held_by_one_process(pair):
    """Else a worker would not learn of the server's death, nor the server of a worker's."""
    (server,) = fork_servers(os.getpid())
    first, second = (sockets(pid) for pid in workers(os.getpid()))
    assert (len(first), len(second)) == (1, 1)
    holders = [first, second, sockets(server), sockets(os.getpid())]
    assert sum(map(len, holders)) == len(set.union(*holders))


@pytest.mark.parametrize(
    "rogue", ["babble", "endless", "twice", "unknown", "mistyped", "unheard_of", "half", "silent", "picturesque"]
)
async def test_a_worker_that_was_taken_over_is_not_believed(monkeypatch, good, rogue):
    sandbox = Sandbox(SandboxConfig(timeout_seconds=0.5), processes=1)
    with monkeypatch.context() as taken_over:
        taken_over.setattr("mediatheque.media.sandbox.process.serve", getattr(malicious_workers, rogue))
        sandbox.start()
    (worker,) = workers(os.getpid())
    try:
        with pytest.raises(Unreadable, match="safely"):
            await sandbox.probe(good, JPEG)
        assert (await sandbox.probe(good, JPEG)).width == 64
        assert not alive(worker)
    finally:
        await sandbox.close()


async def test_an_answer_in_pieces_is_one_answer(monkeypatch, good):
    monkeypatch.setattr("mediatheque.media.sandbox.process.serve", malicious_workers.stuttering)
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start()
    try:
        assert (await sandbox.probe(good, JPEG)).height == 2
    finally:
        await sandbox.close()


async def test_no_worker_can_be_started_for_a_while(monkeypatch, good):
    """Callers are told so at once, and the next one tries again."""
    sandbox = Sandbox(SandboxConfig(), processes=2)
    sandbox.start()
    with monkeypatch.context() as failing:
        failing.setattr("mediatheque.media.sandbox.process.serve", malicious_workers.stillborn)
        kill_all()
        for _ in range(2):
            outcomes = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(5)), return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {Unavailable}
    media_info = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(5)))
    assert {fact.width for fact in media_info} == {64}
    await sandbox.close()
    assert workers(os.getpid()) == []


async def test_a_path_need_not_be_unicode(sandbox, tmp_path):
    path = tmp_path / os.fsdecode(b'\xff\n"\xc3')
    path.write_bytes(samples.jpeg())
    assert (await sandbox.probe(path, JPEG)).width == 64


async def test_a_file_that_is_gone_was_not_judged(sandbox, tmp_path):
    with pytest.raises(FileNotFoundError):
        await sandbox.probe(tmp_path / "gone", JPEG)


async def test_closing_twice_and_without_having_started(good):
    sandbox = Sandbox(SandboxConfig(), processes=1)
    await sandbox.close()
    sandbox.start()
    await asyncio.gather(sandbox.close(), sandbox.close())
    with pytest.raises(Unavailable):
        await sandbox.probe(good, JPEG)
