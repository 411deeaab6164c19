import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Request

from mediatheque.errors import BodyIncomplete, Invalid, LibraryError, Malformed, TooLarge
from mediatheque.http.upload.bodies import FORM_OVERHEAD, FormBody, RawBody
from mediatheque.http.upload.multipart import MAX_HEADER_BYTES, MAX_HEADERS, MAX_PARTS
from mediatheque.model import DeclaredMetadata
from tests.http.wire import http_scope, messages

MIB = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3 + b"\r\n--B\r\n--BO\r\n--X--\r"


class KeepingSink:
    def __init__(self) -> None:
        self.content = b""

    async def write(self, chunk: bytes | memoryview) -> None:
        assert chunk
        self.content += chunk


class CountingSink:
    def __init__(self) -> None:
        self.size = 0

    async def write(self, chunk: bytes | memoryview) -> None:
        self.size += len(chunk)


def request(
    pieces: list[bytes] | Iterator[bytes],
    content_type: str | None,
    *,
    length: str | None = None,
    complete: bool = True,
) -> Any:
    headers = [(b"content-type", content_type.encode("latin-1"))] if content_type is not None else []
    if length is not None:
        headers.append((b"content-length", length.encode()))
    return Request(http_scope("POST", headers=headers), receive=messages(pieces, complete=complete))


def part(disposition: str | bytes, content: bytes = b"", *more: str) -> bytes:
    raw = disposition if isinstance(disposition, bytes) else disposition.encode()
    lines = [b"--BOUND", b"Content-Disposition: " + raw, *(line.encode() for line in more), b"", content]
    return b"\r\n".join(lines) + b"\r\n"


def form(*parts: bytes, end: bytes = b"--BOUND--\r\n") -> bytes:
    return b"".join(parts) + end


FILE = part('form-data; name="file"; filename="cat.png"', PNG, "Content-Type: image/png")


async def stream_form(
    body: bytes | list[bytes],
    *,
    content_type: str = "multipart/form-data; boundary=BOUND",
    limit: int = MIB,
    length: str | None = None,
    complete: bool = True,
) -> tuple[bytes, DeclaredMetadata]:
    sink = KeepingSink()
    pieces = body if isinstance(body, list) else [body]
    asked = request(pieces, content_type, length=length, complete=complete)
    text_fields = {"description": 20, "title": 5}
    declared = await FormBody(asked, text_fields=text_fields, limit=limit).stream_to(sink)
    return sink.content, declared


async def test_file_and_text_fields_are_read() -> None:
    content, declared = await stream_form(form(part('form-data; name="description"', "größer".encode()), FILE))
    assert content == PNG
    assert declared == DeclaredMetadata(name="cat.png", type="image/png", fields={"description": "größer"})


async def test_form_with_text_after_the_file_and_unknown_parts() -> None:
    junk = part('form-data; name="else"; filename="x.bin"', b"junk" * 1000)
    description = part('form-data; name="description"', b"late")
    content, declared = await stream_form(form(junk, FILE, junk, description, junk))
    assert (content, declared.fields) == (PNG, {"description": "late"})


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('form-data; name="file"', None),
        ("form-data; name=\"file\"; filename*=UTF-8''na%C3%AFve.png", "naïve.png"),
        ('form-data; name="file"; filename="naïve.png"', "naïve.png"),
        ('form-data; name="file"; filename="naïve.png"'.encode("latin-1"), "naïve.png"),
        ('form-data; name="file"; filename="../../x.png"', "x.png"),
        ('form-data; name="file"; filename="plain.png"; filename*=UTF-8\'\'%E2%82%AC.png', "€.png"),
    ],
)
async def test_filename_forms(disposition: str | bytes, name: str | None) -> None:
    content, declared = await stream_form(form(part(disposition, PNG)))
    assert (content, declared.name, declared.type) == (PNG, name, None)


async def test_preamble_epilogue_and_quoted_boundary() -> None:
    body = [b"preamble\r\n", form(FILE), b"\r\nepilogue"]
    content, _ = await stream_form(body, content_type='Multipart/Form-Data; charset=utf-8; boundary="BOUND"')
    assert content == PNG


async def test_empty_file_is_passed_on() -> None:
    content, declared = await stream_form(form(part('form-data; name="file"; filename="a.png"')))
    assert (content, declared.name) == (b"", "a.png")


TWICE = form(FILE, FILE)
NO_FILE = form(part('form-data; name="description"', b"x"))
OTHER_FIELD = form(part('form-data; name="upload"; filename="a.png"', PNG))
LONG = form(FILE, part('form-data; name="title"', b"six ch"))
VERY_LONG = form(FILE, part('form-data; name="title"', b"x" * 100_000))
LATIN = form(FILE, part('form-data; name="title"', "é".encode("latin-1")))
TITLES = form(FILE, part('form-data; name="title"', b"a"), part('form-data; name="title"', b"b"))


@pytest.mark.parametrize(
    ("body", "param", "says"),
    [
        (NO_FILE, "file", "file is required."),
        (OTHER_FIELD, "file", "file is required."),
        (form(), "file", "file is required."),
        (TWICE, "file", "file must be given once."),
        (LONG, "title", "title is longer than 5 characters."),
        (VERY_LONG, "title", "title is longer than 5 characters."),
        (LATIN, "title", "title is not UTF-8 text."),
        (TITLES, "title", "title must be given once."),
    ],
)
async def test_invalid_fields_of_a_form(body: bytes, param: str, says: str) -> None:
    for pieces in ([body], [bytes([byte]) for byte in body[:3000]] + [body[3000:]]):
        with pytest.raises(Invalid) as caught:
            await stream_form([piece for piece in pieces if piece])
        assert (caught.value.param, caught.value.message) == (param, says)


async def test_text_limit_counts_characters() -> None:
    _, declared = await stream_form(form(FILE, part('form-data; name="title"', "🎞🎞🎞🎞🎞".encode())))
    assert declared.fields == {"title": "🎞🎞🎞🎞🎞"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "Unexpected end"),
        (form(FILE, end=b""), "Unexpected end"),
        (form(FILE)[:200], "Unexpected end"),
        (form(FILE).replace(b"BOUND", b"OTHER"), "Unexpected end"),
        (form(part("form-data", PNG)), "no name"),
        (form(part('form-data; name=""', PNG)), "no name"),
        (form(part("form-data; filename=a.png", PNG)), "no name"),
        (form(part('attachment; name="file"', PNG)), "Wrong type"),
        (b"--BOUND\r\nContent-Type: image/png\r\n\r\nx\r\n--BOUND--\r\n", "Missing Content-Disposition"),
        (b"--BOUND\r\nno colon\r\n\r\nx\r\n--BOUND--\r\n", "Malformed segment header"),
        (form(FILE, *[part('form-data; name="x"', b"1")] * 10_000), "too many parts"),
        (form(part('form-data; name="file"', b"", *(f"X-{i}: 1" for i in range(MAX_HEADERS)))), "too many parts"),
        (form(part('form-data; name="file"', b"", "X: " + "a" * MIB)), "too large headers"),
        (form(part('form-data; name="file"', b"", "X: " + "a" * (MAX_HEADER_BYTES + 1))), "too large"),
        (form(part('form-data; name="fi\nle"; x="\n"', PNG)), ""),
        (form(part('form-data; name="file"; filename="a\0.png"', PNG)), "control characters"),
        (form(FILE).replace(b"\r\n", b"\n"), "line break"),
        (form(part('form-data; name="file"', b"12345", "Content-Length: 4")), "Content-Length"),
        (form(part('form-data; name="file"', b"12345", "Content-Length: 6")), "Content-Length"),
        (form(part('form-data; name="file"', b"12345", "Content-Length: 6\u00b2")), "Content-Length"),
    ],
)
async def test_malformed_form_however_it_is_cut(body: bytes, says: str) -> None:
    for size in (len(body) or 1, 7, 1) if len(body) < 10_000 else (65536,):
        with pytest.raises(Malformed) as caught:
            await stream_form([body[i : i + size] for i in range(0, len(body), size)], limit=64 * MIB)
        assert says in caught.value.message


async def test_form_has_at_most_100_parts() -> None:
    await stream_form(form(FILE, *[part('form-data; name="x"', b"1")] * (MAX_PARTS - 1)))


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "image/png",
        "multipart/mixed; boundary=BOUND",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=\xff",
        "multipart/form-data; boundary=" + "B" * 500,
        "multipart/form-data; boundary=" + ";" * 100_000,
    ],
)
async def test_content_types_other_than_form(content_type: str) -> None:
    with pytest.raises(Malformed):
        await stream_form(form(FILE), content_type=content_type)


async def test_client_hangs_up_in_a_form() -> None:
    with pytest.raises(BodyIncomplete):
        await stream_form(form(FILE)[:300], complete=False)
    with pytest.raises(BodyIncomplete):
        await stream_form(form(FILE), complete=False)


async def test_content_length_above_the_limit_is_refused_unread() -> None:
    for length in (str(MIB + FORM_OVERHEAD + 1), "9" * 5000):
        with pytest.raises(TooLarge) as caught:
            await stream_form([b"never read"], length=length)
        assert caught.value.limit == MIB
    await stream_form(form(FILE), length=str(MIB + FORM_OVERHEAD))
    with pytest.raises(Malformed):
        await stream_form(form(FILE), length="-1")


async def test_limit_without_content_length() -> None:
    await stream_form(form(part('form-data; name="file"', b"x" * 1000)), limit=1000)
    with pytest.raises(TooLarge):
        await stream_form(form(part('form-data; name="file"', b"x" * 1001)), limit=1000)
    junk = part('form-data; name="else"', b"x" * (MIB + 1000))
    with pytest.raises(TooLarge):
        await stream_form([junk, form(FILE)], limit=1000)


async def test_memory_is_constant() -> None:
    """256 MiB of file and of unknown part in pieces of 256 KiB."""
    piece = bytes(256 * 1024)

    def pieces() -> Iterator[bytes]:
        yield part('form-data; name="file"').removesuffix(b"\r\n")
        yield from (piece for _ in range(512))
        yield b"\r\n" + part('form-data; name="else"').removesuffix(b"\r\n")
        yield from (piece for _ in range(512))
        yield b"\r\n--BOUND--\r\n"

    source = pieces()

    async def receive() -> dict[str, Any]:
        body = next(source, b"")
        return {"type": "http.request", "body": body, "more_body": bool(body)}

    headers = [(b"content-type", b"multipart/form-data; boundary=BOUND")]
    asked: Any = Request(http_scope("POST", headers=headers), receive=receive)  # type: ignore[arg-type]  # as servers do
    sink = CountingSink()
    tracemalloc.start()
    try:
        await FormBody(asked, limit=512 * MIB).stream_to(sink)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sink.size == 128 * MIB
    assert peak < 4 * MIB


async def outcome(
    pieces: list[bytes], limit: int
) -> tuple[bytes, DeclaredMetadata] | tuple[type[LibraryError], str | None]:
    try:
        return await stream_form(pieces, limit=limit)
    except LibraryError as error:
        return type(error), error.param


names = st.sampled_from(
    [
        'form-data; name="file"; filename="a.png"',
        "form-data; name=file; filename*=UTF-8''%E2%82%AC.png",
        'form-data; name="description"',
        'form-data; name="title"',
        'form-data; name="else"',
        "form-data",
        "x\ny",
    ]
)
contents = st.lists(
    st.sampled_from(
        [b"\r", b"\n", b"\r\n", b"--", b"--BOUND", b"\r\n--BOUN", b"\r\n--BOUNDS", b"abc", b"\xff\x00", b"-"]
    ),
    max_size=8,
).map(b"".join)
ends = st.sampled_from(
    [b"--BOUND--\r\n", b"--BOUND--", b"--BOUND-", b"", b"--BOUND--\r\nepilogue", b"--BOUND--\r\n--BOUND\r\n"]
)


@settings(max_examples=300)
@given(
    parts=st.lists(st.tuples(names, contents), max_size=4),
    preamble=st.sampled_from([b"", b"\r\n", b"hello\r\n", b"hello"]),
    end=ends,
    cuts=st.lists(st.integers(0, 600), max_size=30),
    every=st.sampled_from([0, 1, 2, 3, 5]),
)
async def test_form_is_the_same_however_it_is_cut(
    parts: list[tuple[str, bytes]], preamble: bytes, end: bytes, cuts: list[int], every: int
) -> None:
    body = preamble + form(*(part(name, content) for name, content in parts), end=end)
    places = sorted(
        {0, len(body), *(cut for cut in cuts if cut < len(body))} | set(range(0, len(body), every or 10**6))
    )
    pieces = [body[start:stop] for start, stop in pairwise(places)]
    assert await outcome(pieces, limit=10_000) == await outcome([body], limit=10_000)


async def stream_raw(pieces: list[bytes], limit: int = 10, **more: Any) -> tuple[bytes, DeclaredMetadata]:
    sink = KeepingSink()
    asked = request(pieces, more.pop("content_type", "image/png; x=y"), **more)
    declared = await RawBody(asked, name="n.png", limit=limit).stream_to(sink)
    return sink.content, declared


async def test_raw_body_is_read() -> None:
    assert await stream_raw([b"0123", b"", b"456789"], length="10") == (
        b"0123456789",
        DeclaredMetadata(name="n.png", type="image/png"),
    )
    content, declared = await stream_raw([], content_type=None)
    assert (content, declared.type) == (b"", None)


async def test_raw_body_too_large_or_incomplete() -> None:
    with pytest.raises(TooLarge):
        await stream_raw([b"never read"], length="11")
    with pytest.raises(TooLarge):
        await stream_raw([b"0123456789", b"x"])
    with pytest.raises(BodyIncomplete):
        await stream_raw([b"01"], complete=False)
