"""Bytes behind a complete picture: the facts and the pixels are those of the picture."""

import pytest

from mediatheque.errors import Unreadable
from tests import samples
from tests.media.examine import examine, render

PICTURES = {
    "image/jpeg": samples.jpeg(orientation=6),
    "image/png": samples.png(),
    "image/gif": samples.gif(frames=2),
    "image/webp": samples.webp(orientation=6),
    "image/avif": samples.avif(orientation=6),
    "image/heic": samples.heic(orientation=6),
}

TAILS = {
    "a line break": b"\n",
    "blanks": b" " * 3000,
    "zeros": bytes(9000),
    "a second end of a PNG": samples.png()[-12:],
    "an ID3v1 tag": b"TAG" + b"a title".ljust(125, b"\0"),
    "a motion photo": samples.mp4(),
    "what a larger picture left": samples.png(90, 70)[-2000:],
    "a second JPEG": samples.jpeg(30, 20, orientation=3),
    "a camera's trailer": b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000000SEFHk\0\0\0" + bytes(12) + b"$\0\0\0SEFT",
    "what looks like a box that is too long": b"\x7f\0\0\0abcd",
    "markup": samples.html(),
}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("mime", PICTURES)
def test_facts_and_pixels_are_those_of_the_picture(tmp_path, mime, tail):
    data = PICTURES[mime]
    assert examine(tmp_path / "file", data + TAILS[tail]) == examine(tmp_path / "file", data)
    assert render(tmp_path / "file", data + TAILS[tail]) == render(tmp_path / "file", data)


@pytest.mark.parametrize(
    "tail", [samples.elf(), b"\n#!/bin/sh\n", b" " * 99 + b"Rar!\x1a\x07\x01\0", samples.plain_zip()]
)
@pytest.mark.parametrize("mime", PICTURES)
def test_programs_and_archives_are_refused(tmp_path, mime, tail):
    with pytest.raises(Unreadable, match=r"program|archive"):
        examine(tmp_path / "file", PICTURES[mime] + tail)


CUT = {
    "image/jpeg": samples.jpeg()[:-9],
    "image/png": samples.png()[:-12],
    "image/webp": samples.webp() + b"EXIF\x99\x99\0\0",
}


@pytest.mark.parametrize("tail", [samples.elf(), b"7z\xbc\xaf\x27\x1c\0\4" + bytes(99)])
@pytest.mark.parametrize("mime", CUT)
def test_programs_and_archives_are_refused_behind_a_cut_picture(tmp_path, mime, tail):
    data = CUT[mime]
    if mime == "image/webp":
        data = data[:4] + (1 << 20).to_bytes(4, "little") + data[8:]
    examine(tmp_path / "file", data)
    with pytest.raises(Unreadable):
        examine(tmp_path / "file", data + tail)
