"""What the probe says of real files, and that it refuses every damaged one. In worker processes, as in service."""

import struct
import subprocess
import sys
import textwrap
import zlib

import pytest
import pytest_asyncio

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Kind
from tests import samples
from tests.media.conftest import probed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared():
    """One pool for all the files of this module."""
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start()
    yield sandbox
    await sandbox.close()


@pytest.mark.parametrize("mime", samples.ACCEPTED)
async def test_accepted_type_is_probed(shared, put, mime):
    media_info = await probed(shared, put(samples.ACCEPTED[mime]()))
    assert media_info.mime == mime
    assert ((media_info.width, media_info.height) == (64, 48)) is (media_info.kind in (Kind.IMAGE, Kind.VIDEO))
    if media_info.kind in (Kind.VIDEO, Kind.AUDIO):
        assert media_info.duration == pytest.approx(1.0, abs=0.06)
    else:
        assert media_info.duration is None


@pytest.mark.parametrize("name", samples.DAMAGED)
async def test_damaged_file_is_refused(shared, put, name):
    with pytest.raises(Unreadable) as refusal:
        await probed(shared, put(samples.DAMAGED[name]()))
    assert "safely" not in refusal.value.message  # by a decision, not by the death of a worker
    assert "/" not in refusal.value.message.replace("x", "")  # no path of this server in it


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        *((samples.jpeg(orientation=n), (64, 48)) for n in range(1, 5)),
        *((samples.jpeg(orientation=n), (48, 64)) for n in range(5, 9)),
        *((make(orientation=6), (48, 64)) for make in (samples.webp, samples.avif, samples.heic)),
        (samples.heic(orientation=3), (64, 48)),
        (samples.mp4(rotation=90), (48, 64)),
        (samples.mp4(rotation=-90), (48, 64)),
        (samples.mov(rotation=90), (48, 64)),
        (samples.mp4(rotation=180), (64, 48)),
        (samples.webp(lossless=True), (64, 48)),
        (samples.apng(), (16, 16)),
        (samples.animated_webp(), (16, 16)),
        (samples.gif(frames=3), (64, 48)),
    ],
)
async def test_size_is_as_displayed(shared, put, data, shown):
    media_info = await probed(shared, put(data))
    assert (media_info.width, media_info.height) == shown


@pytest.mark.parametrize(
    ("data", "mime", "seconds"),
    [
        (samples.fragmented_mp4(seconds=3), "video/mp4", 3),
        (samples.faststart_mp4(), "video/mp4", 1),
        (samples.streamed_webm(seconds=3), "video/webm", 3),
        (samples.streamed_wav(), "audio/wav", 1),
        (samples.mp3(id3=False), "audio/mpeg", 1),
        (samples.mp3(cover=50_000, seconds=2), "audio/mpeg", 2),
        (samples.mp3() + b"TAG" + bytes(125), "audio/mpeg", 1),
        (samples.wav(seconds=20, rate=44_100), "audio/wav", 20),
        (samples.mp4(audio=False, seconds=2), "video/mp4", 2),
        (samples.webm(audio=False, seconds=2), "video/webm", 2),
        (samples.flac(seconds=3), "audio/flac", 3),
    ],
)
async def test_duration_is_read_from_the_file(shared, put, data, mime, seconds):
    media_info = await probed(shared, put(data))
    assert (media_info.mime, media_info.duration) == (mime, pytest.approx(seconds, abs=0.11))


async def test_audio_with_a_cover_is_audio(shared, put):
    media_info = await probed(shared, put(samples.mp3(cover=9_000)))
    assert (media_info.kind, media_info.width) == (Kind.AUDIO, None)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


REAL_WORLD = {
    "a JPEG with a motion photo behind it": samples.jpeg() + samples.mp4(),
    "a JPEG with a gain map behind it": samples.jpeg() + samples.jpeg(32, 24),
    "a JPEG in many segments": samples.jpeg(size_about=400_000),
    "a JPEG with zeros behind it": samples.jpeg() + bytes(100_000),
    "a PNG with private chunks": samples.png()[:33] + chunk(b"prVt", b"x" * 99) + samples.png()[33:],
    "a GIF without its trailer": samples.gif(frames=2)[:-1],
    "an MP4 padded with zeros": samples.mp4() + bytes(512),
    "an MP4 with free and uuid boxes": samples.mp4() + box(b"free", bytes(64)) + box(b"uuid", bytes(40)),
    "an MP4 whose moov is followed by a box to the end": samples.mp4() + struct.pack(">I4s", 0, b"free") + b"x" * 77,
    "a WebM with padding behind it": samples.webm() + b"\xec\x84" + bytes(4),
    "a WAV of odd length without its padding": samples.wav()[:4]
    + struct.pack("<I", len(samples.wav()) - 8 + 11)
    + samples.wav()[8:]
    + b"note\x03\0\0\0abc",
    "a WAV that forgot to subtract its header": samples.wav()[:4]
    + struct.pack("<I", len(samples.wav()))
    + samples.wav()[8:],
    "a WAV streamed with zero sizes": samples.wav()[:4]
    + bytes(4)
    + samples.wav()[8:40]
    + bytes(4)
    + samples.wav()[44:],
    "a PDF after a byte order mark": b"\xef\xbb\xbf" + samples.pdf(),
    "a PDF with more behind its end": samples.pdf() + b"\n\n",
    "a PDF of many pages": samples.pdf(pages=9),
    "SubRip in Latin-1 with DOS line ends": "1\r\n00:00:01,000 --> 00:00:02,000\r\nGr\xfc\xdfe\r\n".encode("latin-1"),
    "SubRip with a byte order mark": b"\xef\xbb\xbf" + samples.srt(),
    "the magic of a ZIP's end inside pixels": samples.jpeg() + b"PK\x05\x06" + bytes(range(64)) * 4,
}


@pytest.mark.parametrize("what", REAL_WORLD)
async def test_unusual_valid_file_is_accepted(shared, put, what):
    await probed(shared, put(REAL_WORLD[what]))


def glb_of(change):
    return samples.glb_with(change)


ACCEPTED_MODELS = {
    "an inline buffer": lambda doc: doc["buffers"].append(
        {"uri": "data:application/octet-stream;base64,AAAA", "byteLength": 3}
    ),
    "a compressed buffer that has no bytes": lambda doc: doc["buffers"].append(
        {"byteLength": 5_000, "extensions": {"EXT_meshopt_compression": {"fallback": True}}}
    ),
    "an accessor that Draco fills": lambda doc: doc["accessors"].append(
        {"componentType": 5126, "count": 1000, "type": "VEC3"}
    ),
}

REFUSED_MODELS = {
    "a view of no buffer": lambda doc: doc["bufferViews"][0].update(buffer=7),
    "a negative length": lambda doc: doc["bufferViews"][0].update(byteLength=-1),
    "an offset behind the end": lambda doc: doc["accessors"][1].update(byteOffset=4),
    "a stride that leaves the view": lambda doc: doc["bufferViews"][0].update(byteStride=252),
    "an unknown component": lambda doc: doc["accessors"][0].update(componentType=1),
    "an unknown shape": lambda doc: doc["accessors"][0].update(type="MAT9"),
    "a count that is not a number": lambda doc: doc["accessors"][0].update(count="3"),
    "more sparse values than values": lambda doc: doc["accessors"][0].update(sparse={"count": 99}),
    "no version": lambda doc: doc.pop("asset"),
    "version 1": lambda doc: doc["asset"].update(version="1.0"),
    "an image fetched when shown": lambda doc: doc.update(images=[{"uri": "http://127.0.0.1:9/pixel.png"}]),
    "a buffer longer than the file": lambda doc: doc["buffers"][0].update(byteLength=4_000),
}


@pytest.mark.parametrize("what", ACCEPTED_MODELS)
async def test_glb_with_extensions_is_accepted(shared, put, what):
    await probed(shared, put(glb_of(ACCEPTED_MODELS[what])))


@pytest.mark.parametrize("what", REFUSED_MODELS)
async def test_glb_with_impossible_counts_is_refused(shared, put, what):
    with pytest.raises(Unreadable):
        await probed(shared, put(glb_of(REFUSED_MODELS[what])))


async def test_pixel_limit_is_exact(put):
    sandbox = Sandbox(SandboxConfig(max_pixels=64 * 48), processes=1)
    sandbox.start()
    try:
        assert (await probed(sandbox, put(samples.png()))).width == 64
        for larger in (samples.png(65, 48), samples.webp(64, 49), samples.mp4(66, 48), samples.heic(64, 50)):
            with pytest.raises(Unreadable, match="large"):
                await probed(sandbox, put(larger))
    finally:
        await sandbox.close()


async def test_file_over_the_memory_limit_is_refused(shared, tmp_path):
    """A sparse file of 2 GiB, more than a worker's address space, which Pillow would read completely."""
    path = tmp_path / "sparse"
    head = samples.avif()[:32] + box(b"meta", b"") + struct.pack(">I4sQ", 1, b"mdat", (2 << 30) - 40)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(2 << 30)
    with pytest.raises(Unreadable, match="memory"):
        await probed(shared, path)


def test_server_imports_no_decoder():
    """A decoder in the server's process could be called by mistake."""
    script = """
        import sys
        import mediatheque.media.sandbox.sandbox, mediatheque.media.sniff
        print(sorted(name for name in sys.modules if name in ("av", "PIL", "pillow_heif", "pypdfium2")))
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
