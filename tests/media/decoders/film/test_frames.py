"""Pixels of videos made by real encoders, and the times they are from."""

import functools
import io
import struct
from fractions import Fraction

import av
import pytest
import pytest_asyncio
from PIL import Image

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.formats import FORMATS
from mediatheque.media.sandbox.sandbox import Sandbox
from tests import samples
from tests.media.quadrant_images import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    QUADRANT_COLOURS,
    RED,
    WHITE,
    YELLOW,
    has_colours,
    is_close,
    pixel,
    quadrants,
)

MP4, MOV, WEBM = (FORMATS[mime] for mime in ("video/mp4", "video/quicktime", "video/webm"))
RATE = 10
PARTS = (RED, GREEN, BLUE, YELLOW, BLACK, WHITE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared():
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start(eager=False)
    yield sandbox
    await sandbox.close()


def encoded(
    images,
    *,
    muxer: str = "mp4",
    codec: str = "libx264",
    keyframes: int = 250,
    between: int = 2,
    sink: type[io.BytesIO] = io.BytesIO,
    **options: str,
) -> bytes:
    """`RATE` pictures a second, `keyframes` of them from one keyframe to the next; up to `between` side by side that
    no other refers to."""
    out = sink()
    speed = {"preset": "ultrafast"} if "x264" in codec else {"deadline": "realtime", "cpu-used": "8"}
    with av.open(out, "w", format=muxer, options=options) as container:
        stream = container.add_stream(codec, rate=RATE, options=speed)
        stream.pix_fmt, stream.codec_context.gop_size, stream.codec_context.max_b_frames = "yuv420p", keyframes, between
        for n, image in enumerate(images):
            if n == 0:
                stream.width, stream.height = image.size
            frame = av.VideoFrame.from_image(image)
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def one_colour_per_part(colours=PARTS, seconds: int = 1, size=(320, 180)):
    """Images of one colour after another, each for `seconds`."""
    return [Image.new("RGB", size, colour) for colour in colours for _ in range(seconds * RATE)]


def colours_of(frames) -> list:
    return [pixel(frame, 0.5, 0.5) for frame in frames]


VIDEOS = {
    "a keyframe each second": (MP4, {"keyframes": RATE}),
    "a single keyframe": (MP4, {}),
    "keyframes at odd times": (MP4, {"keyframes": 7}),
    "QuickTime": (MOV, {"muxer": "mov"}),
    "VP8": (WEBM, {"muxer": "webm", "codec": "libvpx", "keyframes": 15}),
    "VP9, a single keyframe": (WEBM, {"muxer": "webm", "codec": "libvpx-vp9"}),
    "WebM without duration and index": (
        WEBM,
        {"muxer": "webm", "codec": "libvpx", "keyframes": 15, "sink": samples.UnseekableFile, "live": "1"},
    ),
    "fragments": (
        MP4,
        {"keyframes": 15, "sink": samples.UnseekableFile, "movflags": "frag_keyframe+empty_moov+default_base_moof"},
    ),
    "fragments, a single keyframe": (
        MP4,
        {"sink": samples.UnseekableFile, "movflags": "frag_every_frame+empty_moov+default_base_moof"},
    ),
}


@functools.cache
def video(what: str) -> bytes:
    return encoded(one_colour_per_part(), **VIDEOS[what][1])


@pytest.mark.parametrize("what", VIDEOS)
async def test_frames_are_from_each_part(shared, put, what):
    frames = await shared.frames(put(video(what)), VIDEOS[what][0])
    assert [(frame.width, frame.height) for frame in frames] == [(320, 180)] * 6
    wrong = [(a, b) for a, b in zip(colours_of(frames), PARTS, strict=True) if not is_close(a, b, within=14)]
    assert not wrong


@pytest.mark.parametrize("max_frames", [1, 2, 3])
async def test_fewer_frames_are_spread_evenly(shared, put, max_frames):
    frames = await shared.frames(put(video("a single keyframe")), MP4, max_frames=max_frames)
    wanted = {1: (YELLOW,), 2: (GREEN, BLACK), 3: (GREEN, YELLOW, WHITE)}[max_frames]  # what is shown at the middles
    assert all(is_close(a, b, within=14) for a, b in zip(colours_of(frames), wanted, strict=True))


@pytest.mark.parametrize("pictures", [1, 2, 4])
async def test_short_video_gives_each_frame_once(shared, put, pictures):
    colours = PARTS[:pictures]
    data = encoded((Image.new("RGB", (64, 48), colour) for colour in colours), between=0)
    frames = await shared.frames(put(data), MP4)
    assert all(is_close(a, b, within=14) for a, b in zip(colours_of(frames), colours, strict=True))


async def test_frame_is_resized(shared, put):
    (frame,) = await shared.frames(put(encoded([quadrants(1280, 720)])), MP4)
    assert (frame.width, frame.height) == (512, 288)
    assert has_colours(frame, QUADRANT_COLOURS, within=14)


@pytest.mark.parametrize("size", [(2_048, 16), (16, 2_048), (2_046, 2)])
async def test_very_wide_and_very_tall_videos(shared, put, size):
    (frame,) = await shared.frames(put(encoded([Image.new("RGB", size, GREY)])), MP4)
    assert frame.fits(288)
    assert is_close(pixel(frame, 0.5, 0.5), GREY, within=14)


# A QuickTime matrix (ISO/IEC 14496-12 section 6.2.2) that sends (x, y) to (a x + c y, b x + d y), y pointing down,
# and what then stands where the upper left, upper right, lower left and lower right quarter stood.
TURNS = {
    (0, 1, -1, 0): (BLUE, RED, YELLOW, GREEN),
    (0, -1, 1, 0): (GREEN, YELLOW, RED, BLUE),
    (-1, 0, 0, -1): (YELLOW, BLUE, GREEN, RED),
}


@pytest.mark.parametrize("matrix", TURNS)
@pytest.mark.parametrize(("muxer", "format_"), [("mp4", MP4), ("mov", MOV)])
async def test_rotation_is_applied(shared, put, matrix, muxer, format_):
    data = bytearray(encoded([quadrants(320, 180)], muxer=muxer))
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (n * 0x10000 for n in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    (frame,) = await shared.frames(put(bytes(data)), format_)
    assert (frame.width, frame.height) == ((320, 180) if matrix[1] == 0 else (180, 320))
    assert has_colours(frame, TURNS[matrix], within=14)


async def test_audio_in_a_video_container_has_no_frames(shared, put):
    assert await shared.frames(put(samples.m4a()), MP4) == []
    assert await shared.frames(put(samples.audio_webm()), WEBM) == []


async def test_undecodable_video_has_no_frames(shared, put):
    data = bytearray(samples.mp4(audio=False))
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = b"\xff" * (end - start)
    assert await shared.frames(put(bytes(data)), MP4) == []


@pytest.mark.parametrize("seconds", [1e300, 1e12, 1e18, float("inf"), float("nan"), -5.0, 0.0])
async def test_impossible_duration_still_gives_frames(shared, put, seconds):
    data = bytearray(video("VP8"))
    at = data.index(b"\x44\x89\x88") + 3  # the element Duration, of 8 bytes
    data[at : at + 8] = struct.pack(">d", seconds * 1000)
    assert await shared.frames(put(bytes(data)), WEBM)


async def test_damaged_beginning_still_gives_frames(shared, put):
    data = bytearray(video("a keyframe each second"))
    start = data.index(b"mdat") + 4
    data[start + 16 : start + 400] = bytes(384)
    assert len(await shared.frames(put(bytes(data)), MP4)) >= 4


def stretched(data: bytes, pictures: int) -> bytes:
    """Repeat the second frame: in VP8 it contains only the changes."""
    out = io.BytesIO()
    with av.open(io.BytesIO(data)) as short, av.open(out, "w", format="webm") as long:
        stream = long.add_stream_from_template(short.streams.video[0])
        first, second = (packet for packet in short.demux(video=0) if packet.size)
        for n in range(pictures):
            packet = av.Packet(bytes(second if n else first))
            packet.stream, packet.time_base = stream, Fraction(1, RATE)
            packet.pts = packet.dts = n
            packet.is_keyframe = n == 0
            long.mux(packet)
    return out.getvalue()


async def test_distant_keyframes_give_fewer_frames_within_the_time_limit(put):
    """Decoding all of it takes seconds, and the worker would be killed. The frames decoded in time are returned."""
    data = stretched(encoded(one_colour_per_part([RED], size=(1920, 1080))[:2], muxer="webm", codec="libvpx"), 5_000)
    sandbox = Sandbox(SandboxConfig(cpu_seconds=1), processes=1)
    sandbox.start(eager=False)
    try:
        frames = await sandbox.frames(put(data), WEBM)
    finally:
        await sandbox.close()
    assert 1 <= len(frames) <= 6
    assert is_close(pixel(frames[0], 0.5, 0.5), RED, within=14)


@pytest.mark.parametrize("name", [name for name in samples.DAMAGED if any(k in name for k in ("mp4", "mov", "webm_"))])
async def test_damaged_container_is_refused(shared, put, name):
    with pytest.raises(Unreadable) as refusal:
        await shared.frames(put(samples.DAMAGED[name]()), MP4)
    assert "safely" not in refusal.value.message
