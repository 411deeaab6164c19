"""Pictures with one bad word about themselves are taken as browsers show them."""

import io
import struct
import zlib

import pillow_heif
import pytest
from PIL import Image

from mediatheque.errors import Unreadable
from mediatheque.media.decoders import image_frames
from tests import samples
from tests.media.examine import examine, plain_facts, render
from tests.media.quadrant_images import QUADRANT_COLOURS, encode, has_colours, quadrants

SIDEWAYS = samples._exif(6).tobytes()
TIFF = SIDEWAYS.removeprefix(b"Exif\0\0")
PNG = samples.png()


def chunks(data: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at : at + 12 + length])
        at += 12 + length
    return found


def with_chunk(chunk: bytes, data: bytes = PNG) -> bytes:
    return data[:33] + chunk + data[33:]


def bad_checksum(chunk: bytes) -> bytes:
    return chunk[:-1] + bytes((chunk[-1] ^ 1,))


def corrupted(kind: bytes, data: bytes = PNG) -> bytes:
    """A wrong checksum in every chunk of a type."""
    return data[:8] + b"".join(bad_checksum(c) if c[4:8] == kind else c for c in chunks(data))


LONG_TEXT = zlib.compress(b'{"nodes": []} ' * 300_000)  # 4 MiB, as workflows of generators are
BOMB = zlib.compress(bytes(64 << 20), 1)

PNG_CHUNKS = {
    "a wrong checksum of text": bad_checksum(samples.png_chunk(b"tEXt", b"a\0b")),
    "a wrong checksum of EXIF": bad_checksum(samples.png_chunk(b"eXIf", TIFF)),
    "a wrong checksum of transparency": bad_checksum(samples.png_chunk(b"tRNS", b"\0\1\0\2\0\3")),
    "long compressed text": samples.png_chunk(b"zTXt", b"workflow\0\0" + LONG_TEXT),
    "long international text": samples.png_chunk(b"iTXt", b"workflow\0\1\0\0\0" + LONG_TEXT),
    "a long colour profile": samples.png_chunk(b"iCCP", b"profile\0\0" + LONG_TEXT),
    "text that inflates to 64 MiB": samples.png_chunk(b"zTXt", b"workflow\0\0" + BOMB),
    "many long texts": samples.png_chunk(b"zTXt", b"workflow\0\0" + LONG_TEXT) * 20,
    "a profile that does not inflate": samples.png_chunk(b"iCCP", b"profile\0\0junk"),
    "a chunk of an odd name": samples.png_chunk(b"a1\0b", b"x"),
    **{
        f"a short {kind.decode()}": samples.png_chunk(kind, body)
        for kind, body in {
            **dict.fromkeys((b"sRGB", b"sBIT", b"bKGD", b"hIST", b"tIME", b"cICP", b"zTXt", b"iTXt", b"iCCP"), b""),
            **{b"gAMA": b"\0", b"cHRM": bytes(5), b"pHYs": bytes(3), b"tRNS": b"\0", b"PLTE": b"abcd", b"acTL": b"\1"},
        }.items()
    },
    "EXIF that is no TIFF": samples.png_chunk(b"eXIf", b"no TIFF at all"),
    "EXIF that ends early": samples.png_chunk(b"eXIf", TIFF[:12]),
}


@pytest.mark.parametrize("what", PNG_CHUNKS)
def test_png_with_a_bad_ancillary_chunk_is_taken(tmp_path, what):
    for data in (with_chunk(PNG_CHUNKS[what]), PNG[:-12] + PNG_CHUNKS[what] + PNG[-12:]):
        assert plain_facts(tmp_path / "file", data) == plain_facts(tmp_path / "file", PNG)
        assert render(tmp_path / "file", data) == render(tmp_path / "file", PNG)


@pytest.mark.parametrize("kind", [b"IDAT", b"IEND"])
def test_png_whose_data_have_a_wrong_checksum_is_taken(tmp_path, kind):
    assert examine(tmp_path / "file", corrupted(kind)).width == 64
    assert render(tmp_path / "file", corrupted(kind)) == render(tmp_path / "file", PNG)


INDEXED = encode(quadrants().quantize(8), "PNG")


@pytest.mark.parametrize(
    "data",
    [
        corrupted(b"IHDR"),
        corrupted(b"PLTE", INDEXED),
        INDEXED.replace(b"PLTE", b"plTe"),
        with_chunk(samples.png_chunk(b"ABCD", b"x")),
        with_chunk(chunks(PNG)[0]),
    ],
)
def test_png_that_browsers_do_not_show_is_refused(tmp_path, data):
    with pytest.raises(Unreadable, match="PNG"):
        examine(tmp_path / "file", data)


@pytest.mark.parametrize("block", [TIFF, SIDEWAYS])
def test_png_is_upright_whatever_else_is_wrong(tmp_path, block):
    exif = samples.png_chunk(b"eXIf", block)
    for data in (with_chunk(exif + samples.png_chunk(b"gAMA", b"")), PNG[:-12] + exif + PNG[-12:]):
        assert (examine(tmp_path / "file", data).width, render(tmp_path / "file", data).width) == (48, 48)


JPEG = samples.jpeg()


def segment(marker: int, body: bytes, length: int | None = None) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2 if length is None else length) + body


JPEG_SEGMENTS = {
    "EXIF that is no TIFF": segment(0xE1, b"Exif\0\0junkjunk"),
    "EXIF that ends early": segment(0xE1, SIDEWAYS[:18]),
    "a second EXIF block, which viewers ignore": segment(0xE1, b"Exif\0\0junkjunk") + segment(0xE1, SIDEWAYS),
    "an orientation in XMP, which viewers ignore": segment(
        0xE1, b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'
    ),
    "padding between segments": b"\xff" * 2_000_000,
    "many segments": segment(0xFE, b"x") * 50_000,
    "XMP that is no XML": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<<<\xff\xd9"),
    "a length of 0": segment(0xE2, b"", 0),
    "a length of 1": segment(0xE2, b"", 1),
    "a length that is too short": segment(0xE2, b"abcdefgh", 6),
    "an escaped 0xFF": b"\xff\0",
    "a short Adobe segment": segment(0xEE, b"Adobe"),
    "a wrong Adobe transform": segment(0xEE, b"Adobe\0\x64\0\0\0\0\x07"),
    "a short JFIF segment": segment(0xE0, b"JFIF\0"),
    "a broken colour profile": segment(0xE2, b"ICC_PROFILE\0\1\1junk"),
    "an empty colour profile": segment(0xE2, b"ICC_PROFILE\0"),
    "a broken index of pictures": segment(0xE2, b"MPF\0junk"),
    "a short Photoshop segment": segment(0xED, b"Photoshop 3.0\x008BIM"),
}


@pytest.mark.parametrize("what", JPEG_SEGMENTS)
def test_jpeg_with_a_bad_segment_is_taken(tmp_path, what):
    data = JPEG[:2] + JPEG_SEGMENTS[what] + JPEG[2:]
    assert plain_facts(tmp_path / "file", data) == plain_facts(tmp_path / "file", JPEG)
    assert render(tmp_path / "file", data) == render(tmp_path / "file", JPEG)


def test_jpeg_is_upright_whatever_else_is_wrong(tmp_path):
    for what in ("a length of 1", "a short Adobe segment", "a broken colour profile"):
        data = JPEG[:2] + JPEG_SEGMENTS[what] + segment(0xE1, SIDEWAYS) + JPEG[2:]
        assert (examine(tmp_path / "file", data).width, render(tmp_path / "file", data).width) == (48, 48)


def test_jpeg_with_another_byte_behind_exif_is_turned(tmp_path):
    data = JPEG[:2] + segment(0xE1, b"Exif\0\xff" + TIFF) + JPEG[2:]
    assert (examine(tmp_path / "file", data).width, render(tmp_path / "file", data).width) == (48, 48)


def test_first_of_two_exif_blocks_is_read(tmp_path):
    upright = samples._exif(1).tobytes().removeprefix(b"Exif\0\0")
    png = with_chunk(samples.png_chunk(b"eXIf", TIFF) + samples.png_chunk(b"eXIf", upright))
    assert examine(tmp_path / "file", png).width == 48
    webp = samples.webp(orientation=6) + b"EXIF" + struct.pack("<I", len(upright)) + upright
    assert examine(tmp_path / "file", stated(len(webp) - 8, webp)).width == 48


def stated(size: int, data: bytes) -> bytes:
    """A WebP with this size in its header."""
    return data[:4] + struct.pack("<I", size) + data[8:]


WEBP, ODD = samples.webp(), b"JUNK\3\0\0\0abc"
WEBPS = {
    "a size that includes its header": stated(len(WEBP), WEBP),
    "a size of far more": stated(len(WEBP) + 5000, WEBP),
    "an odd chunk without padding": stated(len(WEBP) + 3, WEBP + ODD),
    "a chunk that is cut off": stated(len(WEBP) + 500, WEBP + b"XMP \x90\1\0\0<x"),
    "a chunk longer than the rest": stated(len(WEBP) + 3, WEBP + b"EXIF\xff\xff\xff\x7fabc"),
}


@pytest.mark.parametrize("what", WEBPS)
def test_webp_with_a_wrong_size_beside_its_picture_is_taken(tmp_path, what):
    assert examine(tmp_path / "file", WEBPS[what]) == examine(tmp_path / "file", WEBP)
    assert render(tmp_path / "file", WEBPS[what]) == render(tmp_path / "file", WEBP)


def test_animated_webp_may_lack_its_last_frames(tmp_path):
    whole = samples.animated_webp()
    data = whole[: whole.rindex(b"ANMF") + 30]
    assert examine(tmp_path / "file", data) == examine(tmp_path / "file", whole)
    assert render(tmp_path / "file", data) == render(tmp_path / "file", whole)


@pytest.mark.parametrize("block", [b"no TIFF at all", TIFF[:12], b""])
def test_webp_with_a_bad_exif_block_is_taken(tmp_path, block):
    whole = samples.webp(orientation=6)
    at = whole.index(b"EXIF")
    body = whole[8:at] + b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)
    assert examine(tmp_path / "file", b"RIFF" + struct.pack("<I", len(body)) + body).width == 64


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_avif_and_heic_with_a_bad_exif_block_are_taken(tmp_path, kind):
    exif = Image.Exif()
    exif[0x010E] = "a description"
    data = encode(quadrants(), kind, exif=exif)
    damaged = data.replace(b"MM\0*\0\0\0\x08", b"no TIFF!")
    assert damaged != data
    assert examine(tmp_path / "file", damaged).width == 64
    assert render(tmp_path / "file", damaged) == render(tmp_path / "file", data)


def test_gif_with_a_short_extension_is_answered(tmp_path):
    """Pillow reads four bytes of a graphic control extension, whatever its length says."""
    data = samples.gif()
    at = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    try:
        examine(tmp_path / "file", data[:at] + b"\x21\xf9\x01\0\0" + data[at:])
    except Unreadable as refusal:
        assert "damaged" in refusal.message  # noqa: PT017 - either is an answer


def cut(data: bytes, keep: float) -> bytes:
    return data[: round(len(data) * keep)]


def progressive() -> bytes:
    out = io.BytesIO()
    quadrants(640, 480).save(out, "JPEG", progressive=True)
    return out.getvalue()


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("whole", [samples.jpeg(640, 480), samples.jpeg(640, 480, orientation=6), progressive()])
def test_cut_jpeg_is_taken_as_browsers_show_it(tmp_path, whole, keep):
    data = cut(whole, keep)
    assert examine(tmp_path / "file", data) == examine(tmp_path / "file", whole)
    expected, frame = (render(tmp_path / "file", each, edge=480) for each in (whole, data))
    assert (frame.width, frame.height) == (expected.width, expected.height)


def test_cut_jpeg_shows_its_first_rows(tmp_path):
    whole = samples.jpeg(640, 480)
    expected, frame = (render(tmp_path / "file", each, edge=480) for each in (whole, cut(whole, 0.5)))
    assert frame.pixels[: 640 * 3 * 200] == expected.pixels[: 640 * 3 * 200]


@pytest.mark.parametrize("lacks", range(1, 17))
def test_png_that_lacks_only_what_follows_its_rows_is_taken(tmp_path, lacks):
    assert examine(tmp_path / "file", PNG[:-lacks]) == examine(tmp_path / "file", PNG)
    assert render(tmp_path / "file", PNG[:-lacks]) == render(tmp_path / "file", PNG)


def interlaced() -> bytes:
    """3 x 3 grey pixels in Adam7, which Pillow does not write."""
    passes = [(1, 1), (1, 1), (2, 1), (1, 2), (3, 1)]  # columns and rows of the passes that are not empty
    rows = b"".join((b"\0" + b"\x40" * columns) * rows for columns, rows in passes)
    header = samples.png_chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 3, 8, 0, 0, 0, 1))
    return PNG[:8] + header + samples.png_chunk(b"IDAT", zlib.compress(rows)) + samples.png_chunk(b"IEND", b"")


def test_interlaced_png_without_its_end_is_taken(tmp_path):
    data = interlaced()
    assert (examine(tmp_path / "file", data[:-12]).width, render(tmp_path / "file", data[:-12]).width) == (3, 3)


def test_gif_cut_behind_its_first_picture_is_taken(tmp_path):
    one, two = samples.gif(), samples.gif(frames=2)
    for data in (one[:-1], two[: len(one)], two[:-9]):
        assert examine(tmp_path / "file", data).width == 64
        assert render(tmp_path / "file", data).width == 64


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (cut(PNG, 0.9), "last rows are missing"),
        (cut(samples.gif(), 0.9), "within its first picture"),
        (samples.jpeg(640, 480)[:640], "before its picture begins"),
        (cut(samples.webp(), 0.9), "cut off"),
        (cut(samples.avif(), 0.9), "cut off"),
        (cut(samples.heic(), 0.9), "cut off"),
    ],
)
def test_refusal_of_a_cut_picture_says_what_is_missing(tmp_path, data, sentence):
    with pytest.raises(Unreadable, match=sentence):
        examine(tmp_path / "file", data)


def test_picture_of_a_200_megapixel_phone_is_taken(tmp_path):
    """Headers only; the frame is decoded at an eighth of its size."""
    sof = JPEG.index(b"\xff\xc0")
    large = JPEG[: sof + 5] + struct.pack(">HH", 12_288, 16_384) + JPEG[sof + 9 :]
    assert examine(tmp_path / "file", large).width == 16_384


def test_frame_of_a_heic_too_large_for_memory_is_its_thumbnail(tmp_path, monkeypatch):
    """Such a file takes a minute to encode, so the bound is lowered."""
    monkeypatch.setattr(image_frames, "_MAX_HEIC_PIXELS", 640 * 480 - 1)
    out = io.BytesIO()
    pillow_heif.from_pillow(quadrants(640, 480)).save(out, quality=50, thumbnails=[320])
    data, loaded, prepare = out.getvalue(), [], pillow_heif.HeifImageFile.load_prepare

    def record(image):
        loaded.append(image.size)
        prepare(image)

    monkeypatch.setattr(pillow_heif.HeifImageFile, "load_prepare", record)
    frame = render(tmp_path / "file", data, edge=200)
    assert (loaded, frame.width, frame.height) == ([(320, 240)], 267, 200)
    assert has_colours(frame, QUADRANT_COLOURS, within=24)
