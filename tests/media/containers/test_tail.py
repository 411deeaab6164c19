"""What may follow the end of a format."""

import struct

import pytest

from mediatheque.errors import Unreadable
from mediatheque.media.containers.tail import check_open_end, check_tail
from mediatheque.media.input_file import InputFile
from tests import samples

END = 100
RAR = b"Rar!\x1a\x07\x01\0"
PE = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0"


def _check(put, tail: bytes) -> None:
    with InputFile(str(put(bytes(END) + tail))) as source:
        check_tail(source, END)


HARMLESS = [
    *(b"", b"\n", b" " * 5000, b"\xff\xd9" * 9, b"TAG" + bytes(125)),
    *(samples.mp4(), samples.png(), samples.html(), b"PK\x03\x04 and no header"),
    b"MZ, two letters of a text that goes on for a while, long enough for a header",
]


@pytest.mark.parametrize("tail", HARMLESS)
def test_harmless_tail_is_taken(put, tail):
    _check(put, tail)


@pytest.mark.parametrize("padding", [b"", b"\n", bytes(4096)])
@pytest.mark.parametrize(
    "program", [samples.elf(), PE, b"MZ\x90\0", b"#!/bin/sh\nid\n", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe\0\0\0\x34"]
)
def test_program_is_refused(put, padding, program):
    with pytest.raises(Unreadable, match="program"):
        _check(put, padding + program)


@pytest.mark.parametrize("before", [0, 77, (1 << 20) - 3, 3 << 20])
@pytest.mark.parametrize(
    "archive",
    [RAR, b"7z\xbc\xaf\x27\x1c\0\4", b"MSCF\0\0\0\0", samples.plain_zip()[:60]],
    ids=["rar", "7z", "cab", "zip"],
)
def test_archive_is_refused_wherever_programs_find_it(put, before, archive):
    with pytest.raises(Unreadable, match="archive"):
        _check(put, b"x" * before + archive)


@pytest.mark.parametrize("at", [0, END, 5 << 20, 30 << 20])
@pytest.mark.parametrize("what", [RAR, b"7z\xbc\xaf\x27\x1c\0\4", b"MZ\x90\0\3\0\0\0", samples.elf()])
def test_open_end_hides_neither_archive_nor_program(put, at, what):
    path = str(put(b"x" * at + what + b"x" * 99))
    with InputFile(path) as source, pytest.raises(Unreadable, match=r"archive|program"):
        check_open_end(source, 0)


def test_open_end_may_be_anything_else(put):
    with InputFile(str(put(samples.webm() + b"MZ\x90\0 #!/bin/sh"))) as source:
        check_open_end(source, END)
