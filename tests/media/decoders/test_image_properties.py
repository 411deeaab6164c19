"""Any valid picture or PDF, any tail, any damage: the same facts, or a refusal, never another type."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediatheque.errors import Unreadable
from tests import samples
from tests.media.decoders.test_image_damage import chunks, segment
from tests.media.examine import plain_facts, render
from tests.media.quadrant_images import encode, exif, quadrants
from tests.rounds import examples

_QUICK = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
MAKERS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "PDF")
SECOND_PROGRAMS = (
    b"PK",
    b"%PDF-",
    b"MZ",
    b"#!",
    b"\x7fELF",
    b"\xca\xfe",
    b"\xfa\xed",
    b"\xed\xfa",
    b"dex",
    b"Rar",
    b"7z",
)
"""What is refused begins with one of these."""

TAIL = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([b"\n", bytes(5000), b" " * 70, samples.png()[-12:], samples.mp4(), samples.jpeg(), samples.pdf()]),
)


@st.composite
def pictures(draw, kinds=MAKERS):
    """A file of a format and size, with an orientation where the format has one."""
    kind = draw(st.sampled_from(kinds))
    if kind == "PDF":
        return samples.pdf(pages=draw(st.integers(1, 3)))
    size = draw(st.integers(1, 40)) * 2, draw(st.integers(1, 40)) * 2
    options = {} if kind == "GIF" else {"exif": exif(draw(st.integers(1, 8)))}
    return encode(quadrants(*size), kind, **options)


def facts(path, data: bytes):
    """What is told of a file; None when it is refused."""
    try:
        return plain_facts(path, data)
    except Unreadable:
        return None


@pytest.mark.sampled
@settings(max_examples=examples(150), **_QUICK)
@given(data=pictures(), tail=TAIL)
def test_tail_changes_nothing(tmp_path, data, tail):
    whole = facts(tmp_path / "file", data)
    assert whole is not None
    behind = facts(tmp_path / "file", data + tail)
    assert behind in (whole, None)
    if not any(sign in tail for sign in SECOND_PROGRAMS):
        assert behind == whole


@pytest.mark.sampled
@settings(max_examples=examples(150), **_QUICK)
@given(data=pictures(), where=st.floats(0, 1), junk=st.binary(min_size=1, max_size=8))
def test_overwritten_bytes_never_make_another_type(tmp_path, data, where, junk):
    at = 16 + int(where * max(0, len(data) - 17))
    before, after = facts(tmp_path / "file", data), facts(tmp_path / "file", data[:at] + junk + data[at + len(junk) :])
    assert before is not None
    assert after is None or after.mime == before.mime


@pytest.mark.sampled
@settings(max_examples=examples(150), **_QUICK)
@given(data=pictures(), keep=st.floats(0.02, 1))
def test_cut_file_has_the_same_facts_or_none(tmp_path, data, keep):
    assert facts(tmp_path / "file", data[: int(len(data) * keep)]) in (facts(tmp_path / "file", data), None)


@pytest.mark.sampled
@settings(max_examples=examples(150), **_QUICK)
@given(
    data=pictures(("PNG",)),
    kind=st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"gAMA", b"cHRM", b"pHYs", b"sRGB", b"tIME", b"prVt"]),
    body=st.binary(max_size=60),
    flip=st.integers(0, 255),
    place=st.integers(1, 2),
)
def test_ancillary_chunk_of_a_png_changes_nothing(tmp_path, data, kind, body, flip, place):
    chunk = samples.png_chunk(kind, body)
    parts = chunks(data)
    damaged = data[:8] + b"".join([*parts[:place], chunk[:-1] + bytes((chunk[-1] ^ flip,)), *parts[place:]])
    assert plain_facts(tmp_path / "file", damaged) == plain_facts(tmp_path / "file", data)
    assert render(tmp_path / "file", damaged) == render(tmp_path / "file", data)


@pytest.mark.sampled
@settings(max_examples=examples(150), **_QUICK)
@given(
    data=pictures(("JPEG",)),
    marker=st.sampled_from([*range(0xE2, 0xF0), 0xFE]),
    body=st.binary(max_size=60),
)
def test_application_segment_of_a_jpeg_changes_no_facts(tmp_path, data, marker, body):
    damaged = data[:2] + segment(marker, body) + data[2:]
    assert plain_facts(tmp_path / "file", damaged) == plain_facts(tmp_path / "file", data)
    assert render(tmp_path / "file", damaged).width > 0


@pytest.mark.sampled
@settings(max_examples=examples(100), **_QUICK)
@given(before=st.binary(max_size=1024), pages=st.integers(1, 3))
def test_pdf_behind_anything_is_a_pdf_or_what_comes_first(tmp_path, before, pages):
    """Random bytes that begin with the magic of another format are that format, or refused."""
    result = facts(tmp_path / "file", before + samples.pdf(pages=pages))
    assert result is None or result.mime == "application/pdf"
