"""Which track a film is, and that sound is not told of a film whose pictures cannot be decoded."""

import struct

import pytest

from mediatheque.errors import Unreadable
from tests import samples
from tests.media.decoders.film.changed_boxes import box, film_of
from tests.media.examine import examine, render
from tests.media.quadrant_images import is_close, pixel

BLUE = (0, 0, 255)
FILM, THUMBNAIL = (320, 240), (64, 48)


def entry(data: bytes, old: bytes, new: bytes) -> bytes:
    """Rename a sample entry, and not the brand of the same name."""
    at = data.index(old, data.index(b"stsd"))
    return data[:at] + new + data[at + 4 :]


UNDECODABLE = {
    "an MP4 with sound": lambda: entry(samples.mp4(), b"avc1", b"zzzz"),
    "an MP4": lambda: entry(samples.mp4(audio=False), b"avc1", b"zzzz"),
    "a QuickTime film": lambda: entry(samples.mov(), b"avc1", b"zzzz"),
    "an MP4 in fragments": lambda: entry(samples.fragmented_mp4(), b"avc1", b"zzzz"),
    "an MP4 that says it is sound": lambda: b"\0\0\0\x20ftypM4A " + entry(samples.mp4(), b"avc1", b"zzzz")[12:],
    "an MP4 with a thumbnail": lambda: entry(
        film_of(("libx264", FILM, 20, None), ("mjpeg", THUMBNAIL, 1, None)), b"avc1", b"zzzz"
    ),
    "a WebM with sound": lambda: samples.webm().replace(b"V_VP8", b"V_ZZ8"),
    "a WebM": lambda: samples.webm(audio=False).replace(b"V_VP8", b"V_ZZ8"),
    "a live WebM": lambda: samples.streamed_webm().replace(b"V_VP8", b"V_ZZ8"),
}


@pytest.mark.parametrize("what", UNDECODABLE)
def test_film_that_cannot_be_decoded_is_refused(tmp_path, what):
    with pytest.raises(Unreadable, match=r"video is in a format that cannot be decoded\. Please convert"):
        examine(tmp_path / "film", UNDECODABLE[what]())


def element(kind: str, *children: bytes) -> bytes:
    body = b"".join(children)
    return bytes.fromhex(kind) + b"\x01" + len(body).to_bytes(7, "big") + body


def encrypted_webm() -> bytes:
    """A WebM up to its first Cluster, with a ContentEncryption in its track."""
    encryption = element("6d80", element("6240", element("5035")))
    header = element("1a45dfa3", b"\x42\x82\x84webm")
    return header + element("18538067", element("1654ae6b", element("ae", element("d7", b"\x01"), encryption)))


ENCRYPTED = {
    "a film": lambda: entry(samples.mp4(), b"avc1", b"encv"),
    "a film in fragments": lambda: entry(samples.fragmented_mp4(), b"avc1", b"encv"),
    "the sound of a film": lambda: entry(samples.mp4(), b"mp4a", b"enca"),
    "sound": lambda: entry(samples.m4a(), b"mp4a", b"enca"),
    "sound of a shop": lambda: entry(samples.m4a(), b"mp4a", b"drms"),
    "a WebM": encrypted_webm,
}


@pytest.mark.parametrize("what", ENCRYPTED)
def test_encryption_is_named(tmp_path, what):
    with pytest.raises(Unreadable, match="encrypted"):
        examine(tmp_path / "film", ENCRYPTED[what]())


@pytest.mark.parametrize(
    ("make", "mime"),
    [
        (lambda: entry(samples.mp4(), b"mp4a", b"zzzz"), "video/mp4"),
        (lambda: entry(samples.mov(), b"mp4a", b"zzzz"), "video/quicktime"),
        (lambda: samples.webm().replace(b"A_OPUS", b"A_ZZZZ"), "video/webm"),
    ],
)
def test_film_whose_sound_cannot_be_decoded_is_a_film(tmp_path, make, mime):
    found = examine(tmp_path / "film", make())
    assert (found.mime, found.width, found.height) == (mime, 64, 48)


def test_sound_that_cannot_be_decoded_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="no video and no sound"):
        examine(tmp_path / "sound", entry(samples.m4a(), b"mp4a", b"zzzz").replace(b"esds", b"free"))


def sound_with_cover() -> bytes:
    """The cover as iTunes writes it, in the metadata behind the tracks."""
    data = samples.m4a()
    cover = box(b"covr", box(b"data", struct.pack(">II", 13, 0) + samples.jpeg()))
    handler = box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    extra = box(b"udta", box(b"meta", bytes(4) + handler + box(b"ilst", cover)))
    at = data.index(b"moov") - 4
    (size,) = struct.unpack_from(">I", data, at)
    assert at + size == len(data)
    return data[:at] + struct.pack(">I", size + len(extra)) + data[at + 4 :] + extra


def test_sound_with_a_cover_is_sound(tmp_path):
    found = examine(tmp_path / "sound", sound_with_cover())
    assert (found.mime, found.width, found.duration) == ("audio/mp4", None, pytest.approx(1.0, abs=0.05))


def test_film_of_subtitles_alone_is_refused(tmp_path):
    data = entry(samples.m4a(), b"mp4a", b"tx3g").replace(b"soun", b"text").replace(b"esds", b"free")
    with pytest.raises(Unreadable, match="no video and no sound"):
        examine(tmp_path / "film", data)


THUMBNAILS = {
    "a JPEG before the film": lambda: film_of(("mjpeg", THUMBNAIL, 1, None), ("libx264", FILM, 20, None)),
    "a JPEG that is larger than the film": lambda: film_of(("mjpeg", (640, 480), 1, None), ("libx264", FILM, 20, None)),
    "a sequence of JPEGs": lambda: film_of(("mjpeg", THUMBNAIL, 20, True), ("libx264", FILM, 20, False)),
    "a JPEG in QuickTime": lambda: film_of(("mjpeg", THUMBNAIL, 1, None), ("libx264", FILM, 20, None), muxer="mov"),
    "one frame of H.264": lambda: film_of(("libx264", THUMBNAIL, 1, None), ("libx264", FILM, 20, None)),
    "a small track": lambda: film_of(("libx264", THUMBNAIL, 20, True), ("libx264", FILM, 20, True)),
    "a disabled track": lambda: film_of(("libx264", (640, 480), 20, False), ("libx264", FILM, 20, True)),
    "a small track in WebM": lambda: film_of(("libvpx", THUMBNAIL, 20, None), ("libvpx", FILM, 20, None), muxer="webm"),
}


@pytest.mark.parametrize("what", THUMBNAILS)
def test_size_and_frames_are_those_of_the_main_track(tmp_path, what):
    data = THUMBNAILS[what]()
    found = examine(tmp_path / "film", data)
    assert (found.width, found.height, found.duration) == (*FILM, 2.0)
    assert is_close(pixel(render(tmp_path / "film", data), 0.5, 0.5), BLUE, within=14)


def test_film_of_jpegs_is_a_film(tmp_path):
    found = examine(tmp_path / "film", film_of(("mjpeg", FILM, 20, None), muxer="mov"))
    assert (found.mime, found.width, found.height) == ("video/quicktime", *FILM)
