import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.media.formats import FORMATS
from mediatheque.media.sniff import HEAD_BYTES, sniff
from tests import samples

SNIFFED_AS = {"audio/webm": "video/webm"}  # audio only: only the streams can say


def mime(data: bytes) -> str | None:
    found = sniff(data[:HEAD_BYTES])
    return found.mime if found else None


@pytest.mark.parametrize("expected", samples.ACCEPTED)
def test_accepted_type_is_recognised(expected):
    assert mime(samples.ACCEPTED[expected]()) == SNIFFED_AS.get(expected, expected)


@pytest.mark.parametrize("name", samples.UNSUPPORTED)
def test_unsupported_type_is_not_recognised(name):
    assert mime(samples.UNSUPPORTED[name]()) is None


@pytest.mark.parametrize("name", samples.DAMAGED)
def test_damaged_file_is_recognised_by_its_head(name):
    assert mime(samples.DAMAGED[name]()) in FORMATS


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    return struct.pack(">I4s4sI", 16 + 4 * len(compatible), b"ftyp", major, 512) + b"".join(compatible)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (ftyp(b"isom", b"mp42"), "video/mp4"),
        (ftyp(b"iso5", b"iso6", b"mp41"), "video/mp4"),
        (ftyp(b"mp42"), "video/mp4"),
        (ftyp(b"M4V ", b"isom"), "video/mp4"),
        (ftyp(b"3gp4", b"isom"), "video/mp4"),
        (ftyp(b"XAVC", b"mp42"), "video/mp4"),
        (ftyp(b"dash", b"iso6"), "video/mp4"),
        (ftyp(b"qt  ", b"qt  "), "video/quicktime"),
        (ftyp(b"M4A ", b"isom"), "audio/mp4"),
        (ftyp(b"heic", b"mif1"), "image/heic"),
        (ftyp(b"mif1", b"heic", b"miaf"), "image/heic"),
        (ftyp(b"hevc", b"msf1"), "image/heic"),
        (ftyp(b"avif", b"mif1", b"miaf"), "image/avif"),
        (ftyp(b"mif1", b"avif", b"miaf"), "image/avif"),
        (ftyp(b"avis", b"msf1"), "image/avif"),
        (ftyp(b"mif2", b"avif", b"mif1"), "image/avif"),
        (ftyp(b"1pic", b"mif1", b"heic"), "image/heic"),
        (ftyp(b"isom", b"avif"), "video/mp4"),
        (ftyp(b"crx ", b"isom")[:12] + b"\0\0\0\0", None),  # Canon raw, no compatible film brand
        (ftyp(b"jxl "), None),
        (b"\0\0\0\x08wide\0\0\x10\0mdat", "video/quicktime"),
        (b"\0\0\x10\0moov\0\0\0\x6cmvhd", "video/quicktime"),
        (b"\0\0\0\x04ftypisom", None),
        (b"\xef\xbb\xbf%PDF-1.4", "application/pdf"),
        (b"\r\n%PDF-1.4", "application/pdf"),
        (b"words %PDF-1.4", "application/pdf"),
        (b"RIFF\x10\0\0\0AVI LIST", None),
        (b"RF64\xff\xff\xff\xffWAVEds64", "audio/wav"),
        (b"OggS\0\2" + bytes(20) + b"\x01\x2a\x80theora", None),
        (b"OggS\0\2" + bytes(20) + b"\x01\x1e\x01vorbis", "audio/ogg"),
        (b"OggS\0\2" + bytes(20) + b"\1\x08fishead\0" + b"OggS\0\2" + bytes(20) + b"\1\x1e\x01vorbis", "audio/ogg"),
        (b"OggS\0\2" + bytes(20) + b"\1\x07\x80theora" + b"OggS\0\2" + bytes(20) + b"\1\x1e\x01vorbis", None),
        (b"BW64\xff\xff\xff\xffWAVEds64", "audio/wav"),
        (b"RIFX\x10\0\0\0WAVEfmt ", "audio/wav"),
        (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", None),  # Wave64
        (b"FORM\0\0\x10\0AIFFCOMM", None),
        (b"ID3\x04\0\0\0\0\0\0fLaC", "audio/flac"),
        (b"ID3\x04\0\0\0\0\0\0RIFF", None),
        (b"\xff\xfe1\0\n\0", None),  # UTF-16 text, not an MPEG frame
        (b"\xff\xf1\x50\x80" * 100, None),  # AAC in ADTS
        (b"\xff\xfb\x90\x64" + b"x" * 5000, None),  # one frame header, and nothing where the next should be
        (b"\xef\xbb\xbf\r\n1\r\n0:00:01.5 --> 0:00:02.5\r\nHi", "application/x-subrip"),
        (b"1\n00:00:01,000 -> 00:00:02,000\nHi", None),
        (b"WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nHi", None),
        (b"", None),
        (b"\xff", None),
    ],
)
def test_deciding_bytes(head, expected):
    assert mime(head) == expected


FOREIGN = {
    "a program for Windows": b"MZ\x90\0\x03",
    "a program for Linux": samples.elf(),
    "a program for macOS": b"\xcf\xfa\xed\xfe" + bytes(99),
    "a class of Java": b"\xca\xfe\xba\xbe\0\0\0\x34",
    "a script": b"#!/bin/sh\nid; exit\n",
    "RAR": b"Rar!\x1a\x07\x01\0",
    "7z": b"7z\xbc\xaf\x27\x1c\0\4",
    "CAB": b"MSCF\0\0\0\0",
    "gzip": b"\x1f\x8b\x08\0" + bytes(6),
    "tar": b"a file".ljust(257, b"\0") + b"ustar\x0000".ljust(255, b"\0"),
    "an old office file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
}


@pytest.mark.parametrize("inner", [samples.pdf(), samples.mp3(id3=False), samples.aac()], ids=["PDF", "MP3", "AAC"])
@pytest.mark.parametrize("outer", FOREIGN)
def test_program_or_archive_is_not_taken_for_what_is_in_it(outer, inner):
    assert mime(b"some banner " + inner) in FORMATS
    assert mime(FOREIGN[outer] + inner) is None


def test_long_id3_tag_is_mp3():
    assert mime(samples.mp3(cover=50_000)) == "audio/mpeg"


def test_mp3_without_a_tag_is_recognised_by_two_frames():
    assert mime(samples.mp3(id3=False)) == "audio/mpeg"


def test_random_bytes_are_not_recognised():
    dice = random.Random(2)
    assert sum(sniff(dice.randbytes(HEAD_BYTES)) is not None for _ in range(2000)) == 0


@given(st.binary(max_size=200), st.sampled_from(sorted(samples.ACCEPTED)), st.integers(0, 200))
def test_any_bytes_give_a_format_or_none(noise, kind, cut):
    found = sniff(samples.ACCEPTED[kind]()[:cut] + noise)
    assert found is None or FORMATS[found.mime] is found


def test_repeated_patterns_are_fast():
    for run in (b" ", b"1", b"\n", b"\xff", b"\xff\xfb\x90\x64", b"\0\0\0\x10ftyp"):
        assert sniff((run * HEAD_BYTES)[:HEAD_BYTES]) is None or run == b"\0\0\0\x10ftyp"
