"""Frames from workers that lie, hang and die, and beside uploads that cannot wait."""

import asyncio
import os
import signal

import msgspec
import pytest

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.formats import FORMATS
from mediatheque.media.sandbox.protocol import ProbeRequest, RenderRequest, decode_reply, max_reply_bytes
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Kind
from tests import samples
from tests.media.sandbox import malicious_workers
from tests.media.sandbox.processes import alive, workers

JPEG, PNG, GIF = (FORMATS[mime] for mime in ("image/jpeg", "image/png", "image/gif"))
SEEN = [mime for mime, format in FORMATS.items() if format.kind in (Kind.IMAGE, Kind.VIDEO)] + ["application/pdf"]


@pytest.fixture
async def open_sandbox():
    opened = []

    def open_(processes=2, **config) -> Sandbox:
        sandbox = Sandbox(SandboxConfig(**config), processes=processes)
        sandbox.start(eager=False)
        opened.append(sandbox)
        return sandbox

    yield open_
    for sandbox in opened:
        await sandbox.close()


async def test_nobody_is_asked_about_what_has_no_pixels(tmp_path):
    """Neither is there a file, nor anybody who could open it."""
    sandbox = Sandbox(SandboxConfig(), processes=1)
    for mime in FORMATS.keys() - set(SEEN):
        assert await sandbox.frames(tmp_path / "nothing", FORMATS[mime]) == []
    for mime in SEEN:
        with pytest.raises(Unavailable):
            await sandbox.frames(tmp_path / "nothing", FORMATS[mime])


async def test_a_slow_picture_keeps_no_upload_waiting(open_sandbox, put):
    """A single worker shows files, and it hangs in one: the probe has a worker of its own."""
    sandbox = open_sandbox(processes=1)
    good = put(samples.jpeg())
    await sandbox.frames(good, JPEG)
    (showing,) = workers(os.getpid())
    os.kill(showing, signal.SIGSTOP)
    try:
        waiting = asyncio.create_task(sandbox.frames(good, JPEG))
        media_info = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(20)))
        assert {fact.width for fact in media_info} == {64}
        assert not waiting.done()
    finally:
        os.kill(showing, signal.SIGCONT)
    assert len(await waiting) == 1


async def test_closing_lets_frames_in_progress_finish(put):
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start(eager=False)
    good = put(samples.jpeg())
    waiting = [asyncio.create_task(sandbox.frames(good, JPEG)) for _ in range(5)]
    await asyncio.sleep(0)
    await sandbox.close()
    assert [len(frames) for frames in await asyncio.gather(*waiting)] == [1] * 5
    assert workers(os.getpid()) == []


async def test_a_caller_that_gives_up_frees_the_worker(open_sandbox, put):
    sandbox = open_sandbox(processes=1)
    good = put(samples.jpeg())
    await sandbox.frames(good, JPEG)
    (worker,) = workers(os.getpid())
    os.kill(worker, signal.SIGSTOP)
    waiting = asyncio.create_task(sandbox.frames(good, JPEG))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(await sandbox.frames(good, JPEG)) == 1
    assert not alive(worker)


WANTED = RenderRequest(b"", "image/jpeg", max_frames=2, edge=8)


def test_an_honest_answer_is_understood():
    (frame,) = decode_reply(WANTED, malicious_workers.FRAMES_REPLY).frames
    assert (frame.width, frame.height, frame.pixels) == (4, 4, bytes(48))
    assert decode_reply(ProbeRequest(b"", "image/jpeg"), malicious_workers.PROBE_REPLY).height == 2


@pytest.mark.parametrize("lie", malicious_workers.INVALID_FRAMES_REPLIES)
def test_an_answer_that_lies_is_no_answer(lie):
    with pytest.raises(msgspec.DecodeError):
        decode_reply(WANTED, malicious_workers.INVALID_FRAMES_REPLIES[lie])


def test_an_answer_with_pixels_is_none_to_a_probe():
    with pytest.raises(msgspec.DecodeError):
        decode_reply(ProbeRequest(b"", "image/jpeg"), malicious_workers.FRAMES_REPLY)


def test_the_longest_honest_answer_is_not_too_long():
    largest = malicious_workers.frames_reply(*[(32, 8, 768)] * 2)
    assert len(decode_reply(WANTED, largest).frames) == 2
    assert len(largest) <= max_reply_bytes(WANTED) < len(largest) + (65 << 10)
    assert max_reply_bytes(ProbeRequest(b"", "image/jpeg")) == 64 << 10


@pytest.mark.parametrize("rogue", ["babble", "twice", "silent", "half", "liar", "flood"])
async def test_a_worker_that_was_taken_over_is_not_believed(monkeypatch, open_sandbox, put, rogue):
    sandbox, good = open_sandbox(processes=1, timeout_seconds=1), put(samples.jpeg())
    with monkeypatch.context() as taken_over:
        taken_over.setattr("mediatheque.media.sandbox.process.serve", getattr(malicious_workers, rogue))
        sandbox._render_pool.start()
    (worker,) = workers(os.getpid())
    with pytest.raises(Unreadable, match="safely"):
        await sandbox.frames(good, JPEG)
    assert len(await sandbox.frames(good, JPEG)) == 1
    assert not alive(worker)
