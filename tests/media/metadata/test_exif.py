"""EXIF by Pillow, in every container that can have it."""

import io
import struct

import pillow_heif
import pytest

from tests import samples
from tests.media.metadata import written
from tests.media.metadata.written import exif_of, read

EXIF = {0x010F: "Canon", 0x0110: "EOS R5", 0x0112: 6, 0x8298: "Ada", 0x0132: "2024:01:02 03:04:05"}
PHOTO = {
    0x829A: 0.004,
    0x829D: 2.8,
    0x8827: 400,
    0x9003: "2024:01:02 03:04:05",
    0x9011: "+02:00",
    0x920A: 50.0,
    0xA434: "RF50mm F1.2",
}
SAID = {
    "make": "Canon",
    "model": "EOS R5",
    "orientation": 6,
    "copyright": "Ada",
    "modified_at": "2024-01-02T03:04:05",
    "exposure_time": 0.004,
    "f_number": 2.8,
    "iso": 400,
    "taken_at": "2024-01-02T03:04:05+02:00",
    "focal_length": 50.0,
    "lens_model": "RF50mm F1.2",
}


def heic(exif: bytes) -> bytes:
    out = pillow_heif.from_pillow(written.picture().convert("RGB"))
    out.info["exif"] = exif
    file = io.BytesIO()
    out.save(file, quality=50)
    return file.getvalue()


def files() -> dict[str, bytes]:
    exif = exif_of(EXIF, PHOTO)
    return {
        "JPEG": written.saved("JPEG", exif=exif),
        "PNG": written.png({}, exif=exif),
        "WebP": written.saved("WEBP", exif=exif),
        "AVIF": written.saved("AVIF", exif=exif),
        "HEIC": heic(exif.tobytes()),
    }


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "AVIF", "HEIC"])
def test_camera_and_exposure_are_read(tmp_path, kind):
    said = read(tmp_path, files()[kind])["data"]["exif"]
    turned = {"orientation"} if kind in ("AVIF", "HEIC") else set()  # their containers turn the picture instead
    assert {name: value for name, value in said.items() if name not in turned} == {
        name: value for name, value in SAID.items() if name not in turned
    }


def test_block_is_read_from_texts_of_imagemagick(tmp_path):
    block = b"Exif\0\0" + exif_of(EXIF, PHOTO).tobytes().removeprefix(b"Exif\0\0")
    digits = block.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    data = written.png({"Raw profile type exif": f"\nexif\n{len(block):8}\n{lines}\n"}, packed=True)
    assert read(tmp_path, data)["data"] == {"exif": SAID}
    for damaged in ("", "exif", "\nexif\n 3\nxyz", "\nexif\n 3\n0"):
        assert read(tmp_path, written.png({"Raw profile type exif": damaged}))["data"] == {}


def test_place_is_kept(tmp_path):
    exif = exif_of({})
    exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 51.0, 30.0), 3: "E", 4: (151.0, 12.0, 0.0), 5: b"\1", 6: 12.5})
    said = read(tmp_path, written.saved("JPEG", exif=exif))["data"]["gps"]
    assert said == {"latitude": -33.8583333, "longitude": 151.2, "altitude": -12.5}


def test_a_picture_without_anything_says_nothing(tmp_path):
    for data in (samples.jpeg(), samples.png(), samples.webp(), samples.gif(), samples.avif(), samples.heic()):
        assert read(tmp_path, data) == {"data": {}, "generation": None}


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        (b"ASCII\0\0\0hello", "hello"),
        (b"UNICODE\0" + "hëllo 猫".encode("utf-16-be"), "hëllo 猫"),
        (b"UNICODE\0" + "hëllo 猫".encode("utf-16-le"), "hëllo 猫"),
        (b"UNICODE\0\xff\xfe" + "猫".encode("utf-16-le"), "猫"),
        (b"\0" * 8 + "hëllo".encode(), "hëllo"),
        (b"hello without a name of its encoding", "hello without a name of its encoding"),
    ],
)
def test_user_comment_is_read_in_its_encoding(tmp_path, comment, said):
    data = written.saved("JPEG", exif=exif_of({}, {written.USER_COMMENT: comment}))
    assert read(tmp_path, data)["data"]["exif"]["user_comment"] == said


def test_texts_of_windows_are_utf_16(tmp_path):
    data = written.saved("JPEG", exif=exif_of({0x9C9B: "Katze".encode("utf-16-le") + b"\0\0"}))
    assert read(tmp_path, data)["data"]["exif"] == {"title": "Katze"}


def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
    return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")


HOSTILE = {
    "a directory that points to itself": b"II*\0\x08\0\0\0\1\0" + entry(0x8769, 4, 1, b"\x08\0\0\0"),
    "a value as long as memory": b"II*\0\x08\0\0\0\1\0" + entry(0x010F, 2, 0xFFFFFFFF, b"\x08\0\0\0"),
    "a value behind the end": b"II*\0\x08\0\0\0\1\0" + entry(0x010F, 2, 99, b"\xff\0\0\0"),
    "a million entries": b"II*\0\x08\0\0\0\xff\xff" + entry(0x010F, 2, 4, b"abcd") * 50,
    "a division by zero": b"II*\0\x08\0\0\0\1\0" + entry(0x829A, 5, 1, b"\x1a\0\0\0") + b"\1\0\0\0\0\0\0\0",
    "a directory behind the end": b"II*\0\xff\xff\xff\xff",
    "a type that is none": b"II*\0\x08\0\0\0\1\0" + entry(0x010F, 99, 4, b"abcd"),
    "no TIFF": b"XX*\0\x08\0\0\0",
    "nothing": b"",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_block_refuses_no_picture(tmp_path, what):
    data = written.jpeg_with(written.segment(0xE1, b"Exif\0\0" + HOSTILE[what]))
    said = read(tmp_path, data)["data"]
    assert said in ({}, {"unreadable": ["exif"]}, {"exif": {"make": "abcd"}})
