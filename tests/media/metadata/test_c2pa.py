"""Manifests of C2PA, signed by c2pa-python (`make_signed.py`), and damaged ones."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediatheque.errors import Unreadable
from mediatheque.media.metadata.c2pa import cbor
from tests import samples
from tests.media.metadata import written
from tests.media.metadata.written import read
from tests.rounds import examples

SIGNED = {path.name: path for path in sorted((Path(__file__).parent / "signed").iterdir())}


def manifest() -> bytes:
    """The box of the signed PNG."""
    data = SIGNED["v1.png"].read_bytes()
    at = data.index(b"caBX")
    return data[at + 4 : at + 4 + int.from_bytes(data[at - 4 : at], "big")]


@pytest.mark.parametrize("name", SIGNED)
def test_manifest_is_noted_with_who_made_the_claim(tmp_path, name):
    said = read(tmp_path, SIGNED[name].read_bytes())["data"]["c2pa"]
    assert said.pop("manifest").startswith("urn:")
    said.pop("format", None)
    assert said == {"present": True, "manifests": 1, "claim_generator": "Mediatheque test 1.2", "title": "a cat"}


def pieces(box: bytes, size: int, number: int = 1) -> list[bytes]:
    """The box in segments of a JPEG: each repeats its header."""
    bodies = [box[8:][at : at + size] for at in range(0, len(box) - 8, size)]
    return [
        written.segment(0xEB, b"JP" + struct.pack(">HI", number, n) + box[:8] + body)
        for n, body in enumerate(bodies, 1)
    ]


def test_manifest_in_several_segments_of_a_jpeg(tmp_path):
    other = struct.pack(">I4s", 40, b"jumb") + struct.pack(">I4s", 32, b"jumd") + b"\0" * 16 + b"\3other\0\0"
    data = written.jpeg_with(*pieces(other, 100, number=2), *pieces(manifest(), 700))
    assert read(tmp_path, data)["data"]["c2pa"]["claim_generator"] == "Mediatheque test 1.2"


def test_other_boxes_of_jumbf_are_no_manifest(tmp_path):
    other = struct.pack(">I4s", 40, b"jumb") + struct.pack(">I4s", 32, b"jumd") + b"\0" * 16 + b"\3other\0\0"
    assert read(tmp_path, written.jpeg_with(*pieces(other, 100)))["data"] == {}


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_damaged_manifest_refuses_no_picture(tmp_path_factory, data):
    box = bytearray(manifest())
    for _ in range(data.draw(st.integers(1, 8))):
        box[data.draw(st.integers(0, len(box) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(box[: data.draw(st.integers(1, len(box)))])
    picture = samples.png()
    signed = picture[:33] + samples.png_chunk(b"caBX", cut) + picture[33:]
    assert set(read(tmp_path_factory.getbasetemp(), signed)["data"]) <= {"c2pa", "unreadable"}


def test_cbor_is_read():
    text = bytes.fromhex("a4 61 61 18 2a 61 62 83 01 20 f5 61 63 d8 25 41 00 61 64 fb 3f f8 00 00 00 00 00 00")
    assert cbor.parse(text) == {"a": 42, "b": [1, -1, True], "c": None, "d": 1.5}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x81" * 99,
        b"\x9b" + b"\xff" * 8,
        b"\x5f",
        b"\x7b" + b"\xff" * 8,
        b"\xbf",
        b"\x9a\0\x10\0\0" + b"\0" * 9_999,
    ],
)
def test_hostile_cbor_is_refused(data):
    with pytest.raises(Unreadable):
        cbor.parse(data)
