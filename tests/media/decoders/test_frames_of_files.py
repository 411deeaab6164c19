"""Frames of every format, and of malicious files."""

import asyncio
import random
import struct
import zlib

import pytest
import pytest_asyncio
from PIL import Image

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.formats import FORMATS
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.media.sniff import HEAD_BYTES, sniff
from mediatheque.model import Kind
from tests import samples
from tests.media.quadrant_images import encode, is_close, pixel, quadrants
from tests.media.sandbox.test_sandbox import mutate

JPEG, PNG, GIF = (FORMATS[mime] for mime in ("image/jpeg", "image/png", "image/gif"))
PIXEL_MIMES = [mime for mime, format in FORMATS.items() if format.kind in (Kind.IMAGE, Kind.VIDEO)] + [
    "application/pdf"
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared():
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start(eager=False)
    yield sandbox
    await sandbox.close()


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


@pytest.mark.parametrize("mime", samples.ACCEPTED)
async def test_accepted_type_has_frames_if_it_has_pixels(shared, put, mime):
    frames = await shared.frames(put(samples.ACCEPTED[mime]()), FORMATS[mime])
    if mime in PIXEL_MIMES:
        assert len(frames) == (6 if FORMATS[mime].kind is Kind.VIDEO else 1)
        assert {(frame.width, frame.height) for frame in frames} <= {(64, 48), (288, 406)}
    else:
        assert frames == []


@pytest.mark.parametrize("name", samples.DAMAGED)
async def test_damaged_file_is_refused(shared, put, name):
    data = samples.DAMAGED[name]()
    format_ = sniff(data[:HEAD_BYTES])
    if format_.mime not in PIXEL_MIMES:
        return
    with pytest.raises(Unreadable) as refusal:
        await shared.frames(put(data), format_)
    assert "safely" not in refusal.value.message
    assert "/" not in refusal.value.message.replace("x", "")


def jpeg_of_half_its_pixels() -> bytes:
    data = encode(quadrants(640, 480), "JPEG", quality=95)
    return data[: len(data) // 2] + b"\xff\xd9"


def png_of(compressed: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", 100, 100, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", compressed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(samples.png_chunk(*part) for part in parts)


def png_of_half_its_pixels() -> bytes:
    return png_of(zlib.compress((b"\0" + b"\x80" * 300) * 50))


@pytest.mark.parametrize("data", [jpeg_of_half_its_pixels(), png_of_half_its_pixels()])
async def test_missing_pixels_are_filled_in(shared, put, data):
    """As browsers do."""
    (frame,) = await shared.frames(put(data), sniff(data))
    assert is_close(pixel(frame, 0.1, 0.1), pixel(frame, 0.1, 0.2), within=8)
    assert not is_close(pixel(frame, 0.1, 0.1), pixel(frame, 0.1, 0.9), within=8)


async def test_invalid_pixel_data_is_refused(shared, put):
    """The headers are right: the probe takes the file."""
    path = put(png_of(b"nonsense" * 99))
    assert (await shared.probe(path, PNG)).media_info.width == 100
    with pytest.raises(Unreadable, match="damaged"):
        await shared.frames(path, PNG)


async def test_image_over_the_memory_limit_is_refused(open_sandbox, put):
    """Its pixels are within the limit, but there is no memory for four bytes each."""
    sandbox = open_sandbox(processes=1, memory_bytes=450 << 20)
    bomb = put(encode(Image.new("RGB", (10_000, 10_000)), "PNG", compress_level=1))
    assert (await sandbox.probe(bomb, PNG)).media_info.width == 10_000
    with pytest.raises(Unreadable, match="memory"):
        await sandbox.frames(bomb, PNG)
    assert len(await sandbox.frames(put(samples.png()), PNG)) == 1


async def test_image_over_the_pixel_limit_is_refused(open_sandbox, put):
    sandbox = open_sandbox(processes=1, max_pixels=64 * 48)
    for format_, just, more in (
        (PNG, samples.png(), samples.png(65, 48)),
        (JPEG, samples.jpeg(), samples.jpeg(64, 49)),
        (FORMATS["image/heic"], samples.heic(), samples.heic(64, 50)),
        (FORMATS["video/mp4"], samples.mp4(), samples.mp4(66, 48)),
    ):
        assert await sandbox.frames(put(just), format_)
        with pytest.raises(Unreadable, match="large"):
            await sandbox.frames(put(more), format_)


async def test_file_over_the_time_limit_is_refused(open_sandbox, put):
    sandbox = open_sandbox(processes=1, timeout_seconds=0.1)
    slow = put(encode(Image.new("RGB", (8_000, 8_000)), "PNG", compress_level=1))
    assert (await sandbox.probe(slow, PNG)).media_info.width == 8_000
    with pytest.raises(Unreadable, match="safely"):
        await sandbox.frames(slow, PNG)
    assert await sandbox.frames(put(samples.png()), PNG)


async def test_largest_frames_are_received(shared, put):
    """Megabytes in many chunks, each to its own caller."""
    files = [put(samples.png(2_000, 500, seed)) for seed in range(3)]
    shown = await asyncio.gather(*(shared.frames(path, PNG, edge=500) for path in files))
    with_pillow = [Image.open(path).tobytes() for path in files]
    assert [frames[0].pixels for frames in shown] == with_pillow


async def test_random_damage_gives_frames_or_a_refusal(open_sandbox, put):
    """Bytes are changed, cut and repeated at random places of every format with pixels. No other error is raised."""
    sandbox = open_sandbox(processes=2)
    dice = random.Random(23)

    async def show(data: bytes) -> str:
        path, format_ = put(data), sniff(data[:HEAD_BYTES])
        if format_ is None:
            return "unknown"
        try:
            return "seen" if await sandbox.frames(path, format_, edge=32) else "unseen"
        except Unreadable as refusal:
            return refusal.message
        finally:
            path.unlink()

    damaged = (mutate(samples.ACCEPTED[mime](), dice) for mime in PIXEL_MIMES for _ in range(30))
    answers = await asyncio.gather(*(show(data) for data in damaged))
    assert "The file could not be examined safely." not in answers
    assert {"seen", "unknown"} < set(answers)
