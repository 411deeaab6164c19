"""Which plain texts keep their type."""

import pytest

from mediatheque.media.text import text_type


@pytest.mark.parametrize(
    ("declared", "name", "mime"),
    [
        ("text/plain", "a", "text/plain"),
        ("Text/CSV; charset=utf-8", "a.bin", "text/csv"),
        ("application/json", None, "application/json"),
        ("text/json", None, "application/json"),
        ("text/vtt", None, "text/vtt"),
        ("application/x-subrip", None, "application/x-subrip"),
        ("text/srt", None, "application/x-subrip"),
        ("application/octet-stream", "A.CSV", "text/csv"),
        (None, "subtitles.de.vtt", "text/vtt"),
        ("", "log.jsonl", "application/jsonl"),
    ],
)
def test_type_is_the_declared_one_or_that_of_the_name(declared: str | None, name: str | None, mime: str) -> None:
    assert text_type("Grüße".encode(), declared, name) == mime


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("text/html", "a.txt"),
        ("text/javascript", None),
        ("text/css", None),
        ("application/xml", None),
        ("image/svg+xml", "a.svg"),
        ("application/octet-stream", "a.html"),
        (None, "txt"),
        (None, None),
    ],
)
def test_other_types_are_not_plain_text(declared: str | None, name: str | None) -> None:
    assert text_type(b"abc", declared, name) is None


@pytest.mark.parametrize(
    "head", [b"a\0b", b"\x7fELF\x02", "é".encode("latin-1") + b"a", "text".encode("utf-16")], ids=repr
)
def test_binary_content_is_not_plain_text(head: bytes) -> None:
    assert text_type(head, "text/plain", "a.txt") is None


def test_first_bytes_may_end_within_a_character() -> None:
    assert text_type("aé".encode()[:-1], "text/plain", None) == "text/plain"
