"""Rendering by workers that hang, die or send invalid replies, and beside probes."""

import asyncio
import os
import signal

import msgspec
import pytest

from mediatheque.errors import Unavailable, Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.formats import FORMATS
from mediatheque.media.metadata.collected import MAX_EMBEDDED_BYTES
from mediatheque.media.sandbox.protocol import ProbeRequest, RenderRequest, decode_reply, max_reply_bytes
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Kind
from tests import samples
from tests.media.sandbox import malicious_workers
from tests.media.sandbox.processes import is_running, workers

JPEG, PNG, GIF = (FORMATS[mime] for mime in ("image/jpeg", "image/png", "image/gif"))
PIXEL_MIMES = [mime for mime, format in FORMATS.items() if format.kind in (Kind.IMAGE, Kind.VIDEO)] + [
    "application/pdf"
]


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


async def test_format_without_pixels_has_no_frames(tmp_path):
    """Neither the file nor a worker exists."""
    sandbox = Sandbox(SandboxConfig(), processes=1)
    for mime in FORMATS.keys() - set(PIXEL_MIMES):
        assert await sandbox.frames(tmp_path / "nothing", FORMATS[mime]) == []
    for mime in PIXEL_MIMES:
        with pytest.raises(Unavailable):
            await sandbox.frames(tmp_path / "nothing", FORMATS[mime])


async def test_slow_rendering_does_not_delay_probes(open_sandbox, put):
    """The only worker that renders hangs; the one that probes does not."""
    sandbox = open_sandbox(processes=1)
    good = put(samples.jpeg())
    await sandbox.frames(good, JPEG)
    (showing,) = workers(os.getpid())
    os.kill(showing, signal.SIGSTOP)
    try:
        waiting = asyncio.create_task(sandbox.frames(good, JPEG))
        probed = await asyncio.gather(*(sandbox.probe(good, JPEG) for _ in range(20)))
        assert {each.media_info.width for each in probed} == {64}
        assert not waiting.done()
    finally:
        os.kill(showing, signal.SIGCONT)
    assert len(await waiting) == 1


async def test_close_waits_for_rendering(put):
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start(eager=False)
    good = put(samples.jpeg())
    waiting = [asyncio.create_task(sandbox.frames(good, JPEG)) for _ in range(5)]
    await asyncio.sleep(0)
    await sandbox.close()
    assert [len(frames) for frames in await asyncio.gather(*waiting)] == [1] * 5
    assert workers(os.getpid()) == []


async def test_cancelled_caller_frees_the_worker(open_sandbox, put):
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
    assert not is_running(worker)


REQUEST = RenderRequest(b"", "image/jpeg", max_frames=2, edge=8)


def test_valid_reply_is_decoded():
    (frame,) = decode_reply(REQUEST, malicious_workers.FRAMES_REPLY).frames
    assert (frame.width, frame.height, frame.pixels) == (4, 4, bytes(48))
    assert decode_reply(ProbeRequest(b"", "image/jpeg"), malicious_workers.PROBE_REPLY).height == 2


@pytest.mark.parametrize("reply", malicious_workers.INVALID_FRAMES_REPLIES)
def test_invalid_reply_is_refused(reply):
    with pytest.raises(msgspec.DecodeError):
        decode_reply(REQUEST, malicious_workers.INVALID_FRAMES_REPLIES[reply])


def test_frames_reply_to_a_probe_is_refused():
    with pytest.raises(msgspec.DecodeError):
        decode_reply(ProbeRequest(b"", "image/jpeg"), malicious_workers.FRAMES_REPLY)


def test_largest_valid_reply_is_within_the_limit():
    largest = malicious_workers.frames_reply(*[(32, 8, 768)] * 2)
    assert len(decode_reply(REQUEST, largest).frames) == 2
    assert len(largest) <= max_reply_bytes(REQUEST) < len(largest) + (65 << 10)
    assert max_reply_bytes(ProbeRequest(b"", "image/jpeg")) == MAX_EMBEDDED_BYTES + (64 << 10)


@pytest.mark.parametrize(
    "malicious", ["not_json", "two_replies", "silent", "half_a_reply", "too_few_pixels", "endless_pixels"]
)
async def test_invalid_reply_is_refused_and_the_worker_killed(monkeypatch, open_sandbox, put, malicious):
    sandbox, good = open_sandbox(processes=1, timeout_seconds=1), put(samples.jpeg())
    with monkeypatch.context() as patched:
        patched.setattr("mediatheque.media.sandbox.process.serve", getattr(malicious_workers, malicious))
        sandbox._render_pool.start()
    (worker,) = workers(os.getpid())
    with pytest.raises(Unreadable, match="safely"):
        await sandbox.frames(good, JPEG)
    assert len(await sandbox.frames(good, JPEG)) == 1
    assert not is_running(worker)
