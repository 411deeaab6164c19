"""The size and orientation of films, and of their frames, as viewers show them."""

import io
from fractions import Fraction

import av
import pytest
from PIL import Image

from tests import samples
from tests.media.decoders.film.changed_boxes import (
    box,
    with_in_entry,
    with_matrix,
    with_pixel_shape,
    with_presented_size,
)
from tests.media.decoders.film.test_frames import encoded
from tests.media.examine import examine, render
from tests.media.quadrant_images import BLUE, GREEN, RED, YELLOW, has_colours, quadrants

PAL, NTSC = (720, 576), (720, 480)


def shaped(size: tuple[int, int], shape: Fraction, muxer: str = "mp4", rotation: int = 0) -> bytes:
    """A film whose pixels are not square, as encoder and writer tell it."""
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
        stream.codec_context.sample_aspect_ratio = shape
        if rotation:
            stream.set_display_rotation(rotation)
        for n in range(2):
            frame = av.VideoFrame.from_image(Image.new("RGB", size, "grey"))
            frame.pts = n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def with_display_size(data: bytes, width: int, height: int, unit: int) -> bytes:
    """Tell DisplayWidth, DisplayHeight and DisplayUnit of a film in WebM that has one track."""
    way = [find_element(data, 0, b"\x18\x53\x80\x67")]
    for kind in (b"\x16\x54\xae\x6b", b"\xae", b"\xe0"):
        way.append(find_element(data, way[-1][1], kind))
    display = b"\x54\xb0\x82" + width.to_bytes(2, "big") + b"\x54\xba\x82" + height.to_bytes(2, "big")
    extra = display + b"\x54\xb2\x81" + bytes([unit])
    (video_size_at, body), changed = way[-1], bytearray(data)
    for size_at, body_at in way:
        length = body_at - size_at
        size = int.from_bytes(data[size_at:body_at], "big") + len(extra)
        changed[size_at:body_at] = size.to_bytes(length, "big")
    end = body + (data[video_size_at] & 0x7F)  # a size of one byte
    return bytes(changed[:end] + extra + changed[end:])


def find_element(data: bytes, at: int, kind: bytes) -> tuple[int, int]:
    """Return where the size and the body are of the first element of a kind, among those from `at`."""
    while True:
        size_at = at + 9 - data[at].bit_length()
        body = size_at + 9 - data[size_at].bit_length()
        if data[at:size_at] == kind:
            return size_at, body
        at = body + (int.from_bytes(data[size_at:body], "big") & ((1 << 7 * (body - size_at)) - 1))


FILMS = {
    "PAL, wide": (lambda: shaped(PAL, Fraction(64, 45)), (1024, 576)),
    "PAL": (lambda: shaped(PAL, Fraction(16, 15)), (768, 576)),
    "NTSC, wide": (lambda: shaped(NTSC, Fraction(32, 27)), (853, 480)),
    "NTSC, of which one edge grows": (lambda: shaped(NTSC, Fraction(8, 9)), (720, 540)),
    "QuickTime": (lambda: shaped(PAL, Fraction(64, 45), muxer="mov"), (1024, 576)),
    "a quarter turn": (lambda: shaped(PAL, Fraction(64, 45), rotation=90), (576, 1024)),
    "a quarter turn the other way": (lambda: shaped(PAL, Fraction(64, 45), rotation=-90, muxer="mov"), (576, 1024)),
    "half a turn": (lambda: shaped(PAL, Fraction(64, 45), rotation=180), (1024, 576)),
    "the container alone": (lambda: with_pixel_shape(samples.mp4(), 64, 45), (91, 48)),
    "the codec alone": (lambda: shaped(PAL, Fraction(64, 45)).replace(b"pasp", b"free"), (1024, 576)),
    "the container against the codec": (lambda: with_pixel_shape(shaped(PAL, Fraction(64, 45)), 16, 15), (768, 576)),
    "the track's header": (lambda: with_presented_size(samples.mp4().replace(b"pasp", b"free"), 128, 48), (128, 48)),
    "a stretched matrix": (lambda: with_matrix(samples.mp4(), 2, 0, 0, 1), (128, 48)),
    "no shape": (lambda: with_pixel_shape(samples.mp4(), 0, 0), (64, 48)),
    "an absurd shape": (lambda: with_pixel_shape(samples.mp4(), 600, 1), (64, 48)),
    "a clean aperture, which no browser cuts": (
        lambda: with_in_entry(
            samples.mp4(), b"avc1", box(b"clap", bytes.fromhex("0000002000000001" * 2 + "0000000000000001" * 2))
        ),
        (64, 48),
    ),
}


@pytest.mark.parametrize("what", FILMS)
def test_size_is_as_shown_and_frames_agree(tmp_path, what):
    make, shown = FILMS[what]
    data = make()
    found = examine(tmp_path / "film", data)
    assert (found.width, found.height) == shown
    frame = render(tmp_path / "film", data)
    assert frame.width / frame.height == pytest.approx(shown[0] / shown[1], rel=0.03)


@pytest.mark.parametrize(
    ("display", "unit", "shown"),
    [((128, 48), 0, (128, 48)), ((4, 3), 3, (64, 48)), ((16, 9), 3, (85, 48)), ((640, 480), 0, (64, 48))],
)
def test_webm_is_shown_in_its_display_size(tmp_path, display, unit, shown):
    found = examine(tmp_path / "film", with_display_size(samples.webm(audio=False), *display, unit))
    assert (found.width, found.height) == shown


MIRRORED = {
    (-1, 0, 0, 1): (GREEN, RED, YELLOW, BLUE),
    (1, 0, 0, -1): (BLUE, YELLOW, RED, GREEN),
    (0, 1, 1, 0): (RED, BLUE, GREEN, YELLOW),
    (0, -1, -1, 0): (YELLOW, GREEN, BLUE, RED),
}


@pytest.mark.parametrize("matrix", MIRRORED)
def test_mirrored_films_have_mirrored_frames(tmp_path, matrix):
    data = with_matrix(encoded([quadrants(320, 180)]), *matrix)
    sideways = matrix[0] == 0
    found = examine(tmp_path / "film", data)
    assert (found.width, found.height) == ((180, 320) if sideways else (320, 180))
    frame = render(tmp_path / "film", data)
    assert (frame.width < frame.height) is sideways
    assert has_colours(frame, MIRRORED[matrix], within=14)


def test_turn_of_45_degrees_is_left_alone(tmp_path):
    found = examine(tmp_path / "film", with_matrix(samples.mp4(), 0.7, 0.7, -0.7, 0.7))
    assert (found.width, found.height) == (64, 48)
