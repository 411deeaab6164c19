"""A form with several files gives the same parts however its bytes are cut, and holds none of the files."""

import hashlib
import itertools
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.errors import BodyIncomplete, FormRequired, Invalid, LibraryError, Malformed, TooLarge
from mediatheque.http.upload.files_form import MAX_FILES, FilePart, FilesForm, TextPart
from tests.http.upload.test_bodies import MIB, PNG, CountingSink, KeepingSink, form, part, request

TYPE = "multipart/form-data; boundary=BOUND"
BODY = form(
    part('form-data; name="title"', b"B\xc3\xa4r"),
    part('form-data; name="file"; filename="a.png"', PNG, "Content-Type: image/png"),
    part('form-data; name="tags"', b"x"),
    part('form-data; name="files"', b"second"),
    part('form-data; name="late"', b""),
)


def opened(*pieces: bytes, limit: int = MIB, hashing: bool = False, complete: bool = True) -> FilesForm:
    return FilesForm(request(list(pieces), TYPE, complete=complete), limit=limit, max_text=1000, hashing=hashing)


async def read(files_form: FilesForm, *, reading: bool = True) -> list[object]:
    found: list[object] = []
    async for each in files_form.parts():
        if isinstance(each, TextPart):
            found.append(tuple(each))
            continue
        sink = KeepingSink()
        if reading:
            declared = await each.stream_to(sink)
            found.append((declared.name, declared.type, sink.content))
        else:
            found.append(each.name)
    return found


@given(st.lists(st.integers(1, len(BODY)), max_size=8))
async def test_parts_do_not_depend_on_how_the_body_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(set(cuts)), len(BODY)]
    pieces = [BODY[start:end] for start, end in itertools.pairwise(edges)]
    assert await read(opened(*pieces)) == [
        ("title", "Bär"),
        ("a.png", "image/png", PNG),
        ("tags", "x"),
        (None, None, b"second"),
        ("late", ""),
    ]


async def test_what_is_not_read_is_skipped() -> None:
    assert await read(opened(BODY), reading=False) == [("title", "Bär"), "a.png", ("tags", "x"), None, ("late", "")]


async def test_file_that_is_too_large_does_not_end_the_form() -> None:
    found = []
    body = form(part('form-data; name="file"', b"x" * 11), part('form-data; name="file"', b"y" * 10))
    async for each in opened(body, limit=10).parts():
        assert isinstance(each, FilePart)
        sink = KeepingSink()
        try:
            await each.stream_to(sink)
            found.append(sink.content)
        except TooLarge:
            found.append(b"")
    assert found == [b"", b"y" * 10]


async def test_no_more_of_a_refused_file_is_skipped_than_a_file_may_have() -> None:
    with pytest.raises(TooLarge):
        await read(opened(form(part('form-data; name="file"', b"x" * 30)), limit=10), reading=False)


@pytest.mark.parametrize("cut", [5, 80, 200, len(BODY) - 12])
async def test_body_that_ends_early_is_refused(cut: int) -> None:
    for complete, error in ((True, Malformed), (False, BodyIncomplete)):
        with pytest.raises(error):
            await read(opened(BODY[:cut], complete=complete))


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (BODY, "application/json", FormRequired),
        (form(part('form-data; name="title"', b"\xff")), TYPE, Invalid),
        (form(part('form-data; name="title"', b"\0")), TYPE, Invalid),
        (form(*[part('form-data; name="title"', b"x" * 600)] * 2), TYPE, Invalid),
        (form(*[part('form-data; name="file"', b"x")] * (MAX_FILES + 1)), TYPE, Invalid),
        (form(*[part('form-data; name="a"', b"")] * 1001), TYPE, Malformed),
    ],
    ids=["no form", "no UTF-8", "NUL", "too much text", "too many files", "too many parts"],
)
async def test_refused_form(body: bytes, content_type: str, error: type[LibraryError]) -> None:
    with pytest.raises(error):
        await read(FilesForm(request([body], content_type), limit=MIB, max_text=1000))


async def test_hash_is_that_of_the_content() -> None:
    async def digest(body: bytes, content_type: str = TYPE, *, reading: bool = True) -> bytes:
        files_form = FilesForm(request([body], content_type), limit=MIB, max_text=1000, hashing=True)
        await read(files_form, reading=reading)
        return files_form.sha256

    first = await digest(BODY)
    assert first == await digest(BODY, reading=False)
    assert first == await digest(BODY.replace(b"BOUND", b"OTHER"), TYPE.replace("BOUND", "OTHER"))
    changed = [(b"a.png", b"b.png"), (b"second", b"seconD"), (b"image/png", b"image/gif"), (b"title", b"titel")]
    digests = {await digest(BODY.replace(old, new)) for old, new in changed}
    assert len({first, *digests}) == 1 + len(changed)
    assert opened(BODY).sha256 == b""
    assert len(first) == hashlib.sha256().digest_size


async def test_memory_does_not_grow_with_the_files() -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(3):
            yield b'--BOUND\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            yield from [bytes(MIB)] * 30
            yield b"\r\n"
        yield b"--BOUND--\r\n"

    files_form = FilesForm(request(pieces(), TYPE), limit=64 * MIB, max_text=1000, hashing=True)
    tracemalloc.start()
    try:
        sizes = []
        async for each in files_form.parts():
            assert isinstance(each, FilePart)
            sink = CountingSink()
            await each.stream_to(sink)
            sizes.append(sink.size)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sizes == [30 * MIB] * 3
    assert peak < 6 * MIB
