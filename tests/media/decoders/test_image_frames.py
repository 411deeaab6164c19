"""Pixels of images and PDF pages, from real files of known colours."""

import struct
import zlib

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mediatheque.media.config import SandboxConfig
from mediatheque.media.formats import FORMATS
from mediatheque.media.frames import MAX_ASPECT_RATIO, Frame, fit_size
from mediatheque.media.sandbox.sandbox import Sandbox
from tests import samples
from tests.media import quadrant_images
from tests.media.quadrant_images import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    QUADRANT_COLOURS,
    RED,
    WHITE,
    YELLOW,
    encode,
    has_colours,
    oriented,
    quadrants,
)

PNG, JPEG, PDF, GIF = (FORMATS[mime] for mime in ("image/png", "image/jpeg", "application/pdf", "image/gif"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared():
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start(eager=False)
    yield sandbox
    await sandbox.close()


@pytest.fixture
def only(shared, put):
    """Render the one frame of a file."""

    async def show(data: bytes, mime: str, **options) -> Frame:
        (frame,) = await shared.frames(put(data), FORMATS[mime], **options)
        return frame

    return show


@pytest.mark.parametrize("mime", {**quadrant_images.LOSSY, **quadrant_images.EXACT})
@pytest.mark.parametrize("size", [(64, 48), (1200, 900)])
async def test_frame_has_the_colours_of_the_image(only, mime, size):
    make = quadrant_images.EXACT.get(mime) or quadrant_images.LOSSY[mime]
    frame = await only(make(quadrants(*size)), mime)
    assert (frame.width, frame.height) == ((64, 48) if size == (64, 48) else (384, 288))
    assert has_colours(frame, QUADRANT_COLOURS, within=1 if mime in quadrant_images.EXACT else 12)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("mime", "kind"), [("image/jpeg", "JPEG"), ("image/png", "PNG"), ("image/webp", "WEBP")])
async def test_exif_orientation_is_applied(only, mime, kind, orientation):
    frame = await only(encode(quadrants(), kind, exif=quadrant_images.exif(orientation)), mime)
    assert (frame.width, frame.height) == ((64, 48) if orientation < 5 else (48, 64))
    assert has_colours(frame, oriented(QUADRANT_COLOURS, orientation), within=24)


@pytest.mark.parametrize("orientation", [3, 6, 8])
@pytest.mark.parametrize(("mime", "kind"), [("image/avif", "AVIF"), ("image/heic", "HEIF")])
async def test_container_orientation_is_applied(only, mime, kind, orientation):
    frame = await only(encode(quadrants(), kind, exif=quadrant_images.exif(orientation)), mime)
    assert has_colours(frame, oriented(QUADRANT_COLOURS, orientation), within=24)


async def test_orientation_of_a_jpeg_in_draft_mode(only):
    """The decoder is given the size before the orientation is applied."""
    frame = await only(encode(quadrants(4000, 2000), "JPEG", exif=quadrant_images.exif(6)), "image/jpeg", edge=100)
    assert (frame.width, frame.height) == (100, 200)
    assert has_colours(frame, oriented(QUADRANT_COLOURS, 6))


def png(w: int, h: int, depth: int, colour: int, row: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of equal rows, in bit depths that Pillow does not write."""
    header = struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress((b"\0" + row) * h)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(samples.png_chunk(*part) for part in parts)


GREYS = (0, 90, 180, 255)
GREY_QUARTERS = tuple((grey,) * 3 for grey in GREYS)
HALF = (*RED, 128), (*GREEN, 0), (*BLUE, 255), (*YELLOW, 64)


def over_white(colour: tuple[int, int, int, int]) -> tuple[int, ...]:
    *rgb, alpha = colour
    return tuple(round(c * alpha / 255 + 255 - alpha) for c in rgb)


def with_clear_index() -> bytes:
    image = quadrants().quantize(8)
    return encode(image, "PNG", transparency=image.getpixel((0, 0)))


TRUE_COLOURS = {
    "grey": (encode(quadrants(colours=GREYS, mode="L"), "PNG"), GREY_QUARTERS),
    "grey, 1 bit": (
        encode(quadrants(colours=(0, 255, 255, 0), mode="L").convert("1"), "PNG"),
        (BLACK, WHITE, WHITE, BLACK),
    ),
    "grey, 16 bits": (png(2, 2, 16, 0, struct.pack(">HH", 0, 0x8080)), (BLACK, GREY, BLACK, GREY)),
    "grey, 16 bits, one of them clear": (
        png(2, 2, 16, 0, struct.pack(">HH", 0x4040, 0xFFFF), (b"tRNS", b"\xff\xff")),
        ((64,) * 3, WHITE, (64,) * 3, WHITE),
    ),
    "grey, one of them clear": (
        png(2, 2, 8, 0, b"\x40\x10", (b"tRNS", b"\0\x10")),
        ((64,) * 3, WHITE, (64,) * 3, WHITE),
    ),
    "grey with opacity": (
        encode(quadrants(colours=((0, 255), (0, 0), (0, 128), (200, 255)), mode="LA"), "PNG"),
        (BLACK, WHITE, (127,) * 3, (200,) * 3),
    ),
    "RGB, 16 bits": (
        png(2, 2, 16, 2, struct.pack(">6H", 0xFFFF, 0x8000, 0, 0x1000, 0x2000, 0x3000)),
        ((255, 128, 0), (16, 32, 48), (255, 128, 0), (16, 32, 48)),
    ),
    "RGB, one of them clear": (
        png(2, 2, 8, 2, bytes([*RED, *BLUE]), (b"tRNS", struct.pack(">3H", *BLUE))),
        (RED, WHITE, RED, WHITE),
    ),
    "RGB with opacity": (encode(quadrants(colours=HALF, mode="RGBA"), "PNG"), tuple(map(over_white, HALF))),
    "RGB with opacity, 16 bits": (
        png(2, 2, 16, 6, struct.pack(">8H", 0xFFFF, 0, 0, 0xFFFF, 0, 0, 0xFFFF, 0)),
        ((255, 0, 0), WHITE, (255, 0, 0), WHITE),
    ),
    "a palette": (encode(quadrants().quantize(8), "PNG"), QUADRANT_COLOURS),
    "a palette with a clear index": (with_clear_index(), (WHITE, GREEN, BLUE, YELLOW)),
}


@pytest.mark.parametrize("what", TRUE_COLOURS)
async def test_every_png_mode_becomes_rgb_over_white(only, what):
    data, colours = TRUE_COLOURS[what]
    assert has_colours(await only(data, "image/png"), colours, within=2)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "HEIF"])
async def test_transparency_is_composited_over_white(only, kind):
    image = quadrants(colours=HALF, mode="RGBA")
    frame = await only(encode(image, kind), f"image/{kind.lower()}".replace("heif", "heic"))
    assert has_colours(frame, tuple(map(over_white, HALF)), within=24)


async def test_transparent_colours_do_not_bleed_when_resized(only):
    """A red square on transparent green: resized, its edge is red and white, never green."""
    image = Image.new("RGBA", (1000, 1000), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (333, 333, 667, 667))
    frame = await only(encode(image, "PNG"), "image/png", edge=50)
    greener = (g > r + 2 for r, g in zip(frame.pixels[::3], frame.pixels[1::3], strict=True))
    assert not any(greener)


@pytest.mark.parametrize(
    ("image", "colours"),
    [
        (quadrants(colours=GREYS, mode="L"), GREY_QUARTERS),
        (quadrants().convert("CMYK"), QUADRANT_COLOURS),
    ],
)
@pytest.mark.parametrize("progressive", [False, True])
async def test_grey_and_cmyk_jpegs(only, image, colours, progressive):
    frame = await only(encode(image, "JPEG", quality=95, progressive=progressive), "image/jpeg")
    assert has_colours(frame, colours)


async def test_animation_gives_its_first_frame(only):
    later = [Image.new("RGB", (64, 48), GREY)]
    for mime, kind in (("image/gif", "GIF"), ("image/webp", "WEBP"), ("image/png", "PNG"), ("image/avif", "AVIF")):
        frame = await only(encode(quadrants(), kind, save_all=True, append_images=later, duration=100), mime)
        assert has_colours(frame, QUADRANT_COLOURS, within=24)


@pytest.mark.parametrize("size", [(30_000, 10), (10, 30_000), (1, 5_000), (1, 1), (287, 289), (2_000, 1_999)])
async def test_frame_is_never_enlarged_and_bounded(only, size):
    frame = await only(encode(Image.new("L", size, 77), "PNG"), "image/png")
    assert (frame.width, frame.height) == fit_size(*size, 288)
    assert max(frame.width, frame.height) <= 4 * 288
    assert set(frame.pixels) == {77}


@given(width=st.integers(1, 1 << 20), height=st.integers(1, 1 << 20), edge=st.integers(1, 1024))
def test_fit_size_is_within_its_bounds(width, height, edge):
    w, h = fit_size(width, height, edge)
    assert Frame(w, h, bytes(3 * w * h)).fits(edge) if w * h < 1 << 16 else min(w, h) <= edge
    assert 1 <= w <= width
    assert 1 <= h <= height
    assert max(w, h) <= MAX_ASPECT_RATIO * edge
    assert abs(w / width - h / height) <= max(1 / width, 1 / height)  # rounding of less than a pixel


def page(box: str, drawing: str = "", more: str = "") -> bytes:
    return samples.pdf_file(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R {more} >>",
            f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        ]
    )


CORNER = "1 0 0 rg 0 100 100 100 re f 0 0 1 rg 100 0 100 100 re f"  # from below: red upper left, blue lower right


@pytest.mark.parametrize(
    ("data", "colours"),
    [
        (page("0 0 200 200", CORNER), ((255, 0, 0), WHITE, WHITE, (0, 0, 255))),
        (page("0 0 200 200", CORNER, "/Rotate 90"), (WHITE, (255, 0, 0), (0, 0, 255), WHITE)),
    ],
)
async def test_pdf_gives_its_first_page_over_white(only, data, colours):
    frame = await only(data, "application/pdf")
    assert (frame.width, frame.height) == (288, 288)
    assert has_colours(frame, colours, within=0)


@pytest.mark.parametrize(
    "box", ["0 0 14400 1", "0 0 3 14400", "0 0 1 1", "0 0 99999999 9", "0 0 0 0", "0 0 300.7 199.3"]
)
async def test_pdf_page_of_any_size(only, box):
    frame = await only(page(box), "application/pdf")
    assert frame.fits(288)
    assert set(frame.pixels) == {255}
