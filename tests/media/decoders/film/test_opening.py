"""Where films end, how long they are, and that what is behind them changes nothing."""

import functools
import itertools
import struct
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from tests import samples
from tests.media.decoders.film.changed_boxes import (
    box,
    media_in_64_bits,
    media_to_the_end,
    with_media_size,
)
from tests.media.decoders.film.test_frames import encoded, one_colour_per_part
from tests.media.examine import examine, render
from tests.rounds import sampled


@functools.cache
def fragments() -> bytes:
    """Six fragments of a second each."""
    flags = "frag_keyframe+empty_moov+default_base_moof"
    return encoded(one_colour_per_part(), keyframes=10, movflags=flags)


def fragments_up_to(kind: bytes, more: int = 0) -> bytes:
    """The recording cut off `more` bytes behind the start of its last box of this kind."""
    return fragments()[: fragments().rindex(kind) - 4 + more]


FILMS: dict[str, Callable[[], bytes]] = {
    "MP4": samples.mp4,
    "MP4 with its index first": lambda: samples.faststart_mp4(seconds=2),
    "MP4 in fragments": fragments,
    "MP4 in one fragment": lambda: samples.fragmented_mp4(seconds=3),
    "QuickTime": samples.mov,
    "sound in MP4": samples.m4a,
    "WebM": samples.webm,
    "a live WebM": lambda: samples.streamed_webm(seconds=3),
    "sound in WebM": samples.audio_webm,
}

TAILS = {
    "a line break": lambda: b"\n",
    "blanks": lambda: b" " * 3_000,
    "ones": lambda: b"\xff" * 40,
    "more zeros than cameras write": lambda: bytes(9_000),
    "an ID3v1 tag": lambda: b"TAG" + b"a title".ljust(125, b"\0"),
    "text": lambda: b"recorded by a camera",
    "free space": lambda: box(b"free", bytes(100)),
    "free space that is cut off": lambda: box(b"free", bytes(5_000))[:40],
    "media that is cut off": lambda: box(b"mdat", bytes(5_000))[:40],
    "an index that is cut off": lambda: box(b"moov", bytes(5_000))[:40],
    "a fragment that is cut off": lambda: box(b"moof", bytes(5_000))[:40],
    "a box of no kind": lambda: b"\0\0\0\x10\0\1\2\3" + bytes(8),
    "a picture": samples.jpeg,
    "a longer film": lambda: samples.mp4(seconds=3, audio=False),
    "a longer WebM": lambda: samples.webm(seconds=3, audio=False),
    "a camera's trailer": lambda: (
        b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000000SEFHk\0\0\0" + bytes(12) + b"$\0\0\0SEFT"
    ),
}


SEEN_TAILS = ("a line break", "a longer film", "a longer WebM", "media that is cut off")


@pytest.mark.sampled
@pytest.mark.parametrize(("film", "tail"), sampled(itertools.product(FILMS, TAILS), 5))
def test_bytes_behind_a_film_change_nothing(tmp_path, film, tail):
    alone = examine(tmp_path / "film", FILMS[film]())
    assert examine(tmp_path / "film", FILMS[film]() + TAILS[tail]()) == alone


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("film", "tail"), sampled(itertools.product([film for film in FILMS if "sound" not in film], SEEN_TAILS), 3)
)
def test_frames_are_those_of_the_film_before_the_tail(tmp_path, film, tail):
    assert render(tmp_path / "film", FILMS[film]() + TAILS[tail]()) == render(tmp_path / "film", FILMS[film]())


@pytest.mark.parametrize("tail", [samples.elf(), b"\n#!/bin/sh\n", b" " * 99 + b"Rar!\x1a\x07\x01\0"])
@pytest.mark.parametrize("film", FILMS)
def test_programs_and_archives_behind_a_film_are_refused(tmp_path, film, tail):
    with pytest.raises(Unreadable, match=r"program|archive"):
        examine(tmp_path / "film", FILMS[film]() + tail)


def with_index_first() -> bytes:
    return samples.faststart_mp4(seconds=2)


def size_of_media() -> int:
    return struct.unpack_from(">I", with_index_first(), with_index_first().index(b"mdat") - 4)[0]


def with_segment_size(change: int) -> bytes:
    """A WebM whose Segment says that it is longer or shorter than it is."""
    data = samples.webm()
    at = data.index(b"\x18\x53\x80\x67") + 4
    assert data[at] == 1  # a size of eight bytes
    size = max(0, int.from_bytes(data[at + 1 : at + 8], "big") + change)
    return data[: at + 1] + size.to_bytes(7, "big") + data[at + 8 :]


LENGTHS: dict[str, tuple[Callable[[], bytes], int]] = {
    "media that ends with the file": (lambda: media_to_the_end(with_index_first()), 2),
    "media that ends with the file, and a line break": (lambda: media_to_the_end(with_index_first()) + b"\n", 2),
    "media in 64 bits": (lambda: media_in_64_bits(samples.mp4(seconds=2)), 2),
    "media that says it is too long": (lambda: with_media_size(with_index_first(), 1_000), 2),
    "media that says it is too short": (lambda: with_media_size(with_index_first(), -500), 2),
    "media whose size is no size": (lambda: with_media_size(with_index_first(), 4 - size_of_media()), 2),
    "fragments": (fragments, 6),
    "a recording whose last fragment is cut off": (lambda: fragments_up_to(b"mdat", 100), 5),
    "a recording whose last fragment has no media": (lambda: fragments_up_to(b"mdat"), 5),
    "a recording whose last fragment is cut in its header": (lambda: fragments_up_to(b"moof", 30), 5),
    "a recording without an index of its fragments": (lambda: fragments_up_to(b"moof"), 5),
    "a WebM that says it is longer": (lambda: with_segment_size(9), 1),
    "a WebM that says it is far longer": (lambda: with_segment_size(100_000), 1),
    "a WebM that says it is shorter": (lambda: with_segment_size(-2_000), 1),
    "a WebM that says it is empty": (lambda: with_segment_size(-(1 << 40)), 1),
    "a live WebM": (lambda: samples.streamed_webm(seconds=3), 3),
    "a live WebM that is cut off": (lambda: samples.streamed_webm(seconds=3)[:-9], 3),
}


@pytest.mark.parametrize("what", LENGTHS)
def test_length_is_that_of_the_media_that_is_there(tmp_path, what):
    make, seconds = LENGTHS[what]
    data = make()
    found = examine(tmp_path / "film", data)
    assert found.duration == pytest.approx(seconds, abs=0.11)
    assert render(tmp_path / "film", data)


CUT: dict[str, Callable[[], bytes]] = {
    "an MP4 with its index first": lambda: with_index_first()[:-600],
    "an MP4 without media": lambda: with_index_first()[: with_index_first().index(b"mdat") + 4],
    "the only fragment": lambda: samples.fragmented_mp4(seconds=3)[:-3_000],
    "a WebM": lambda: samples.webm()[:-300],
}


@pytest.mark.parametrize("what", CUT)
def test_film_that_lacks_media_is_refused(tmp_path, what):
    with pytest.raises(Unreadable):
        examine(tmp_path / "film", CUT[what]())


BEGINNING = 64  # bytes that hold the first box
BOXES_BEHIND = st.builds(box, st.sampled_from([b"free", b"skip", b"uuid", b"mdat", b"zzzz"]), st.binary(max_size=60))


@pytest.mark.sampled
@settings(deadline=None)
@given(
    film=st.sampled_from(sorted(FILMS)),
    tail=st.binary(max_size=200) | BOXES_BEHIND | BOXES_BEHIND.map(lambda b: b[:-1]),
)
def test_any_tail_gives_the_same_facts(film, tail, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any-tail"
    assert examine(path, FILMS[film]() + tail) == examine(path, FILMS[film]())


@pytest.mark.sampled
@settings(deadline=None)
@given(
    film=st.sampled_from(sorted(FILMS)), at=st.floats(0, 1), noise=st.binary(max_size=50), replaced=st.integers(0, 50)
)
def test_any_damage_gives_the_type_or_a_refusal(film, at, noise, replaced, tmp_path_factory):
    """Damage behind the first box: without its `ftyp` an MP4 is a QuickTime file."""
    path, data = tmp_path_factory.getbasetemp() / "any-damage", FILMS[film]()
    alone, place = examine(path, data), BEGINNING + round(at * (len(data) - BEGINNING))
    with suppress(Unreadable):
        assert examine(path, data[:place] + noise + data[place + replaced :]).mime == alone.mime


ANCILLARY = {
    "MP4": (b"udta", b"free", b"edts", b"btrt", b"sgpd"),
    "QuickTime": (b"udta", b"wide", b"edts"),
    "WebM": (b"\x12\x54\xc3\x67", b"\x1c\x53\xbb\x6b", b"\x11\x4d\x9b\x74"),
}


@pytest.mark.parametrize(("film", "part"), [(film, part) for film, parts in ANCILLARY.items() for part in parts])
def test_damage_in_an_ancillary_part_leaves_size_and_type(tmp_path, film, part):
    data = FILMS[film]()
    at, alone = data.index(part) + len(part), examine(tmp_path / "film", data)
    for noise in (b"\xff" * 4, bytes(4), b"\x81\x01\x02\x03"):
        found = None
        with suppress(Unreadable):
            found = examine(tmp_path / "film", data[: at + 1] + noise + data[at + 5 :])
        assert found is None or (found.mime, found.width, found.height) == (alone.mime, alone.width, alone.height)


def head_of_live_webm() -> bytes:
    return samples.streamed_webm()[: samples.streamed_webm().index(b"\x1f\x43\xb6\x75")]


HOSTILE: dict[str, tuple[Callable[[], bytes], bytes]] = {
    "the smallest boxes": (samples.mp4, box(b"free", b"")),
    "the smallest boxes in the index": (lambda: struct.pack(">I4s", 7_200_008, b"moov"), box(b"trak", b"")),
    "the smallest boxes before the index": (lambda: samples.mp4()[:32], box(b"free", b"")),
    "fragments without media": (samples.fragmented_mp4, box(b"moof", b"")),
    "the smallest elements": (head_of_live_webm, b"\xec\x80"),
    "clusters without a size": (head_of_live_webm, b"\x1f\x43\xb6\x75\xff"),
    "empty blocks": (lambda: head_of_live_webm() + b"\x1f\x43\xb6\x75\xff", b"\xa3\x80"),
    "empty tracks": (
        lambda: b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\xff",
        b"\x16\x54\xae\x6b\x80",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_structure_is_bounded(tmp_path, what):
    """In processor time, of which a worker has eight seconds."""
    head, part = HOSTILE[what]
    begun = time.process_time()
    with suppress(Unreadable):
        examine(tmp_path / "film", head() + part * (7_200_000 // len(part)))
    assert time.process_time() - begun < SandboxConfig().cpu_seconds * 3 / 4
