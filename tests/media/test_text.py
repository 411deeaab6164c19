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
    ("head", "declared", "mime"),
    [
        ("größe".encode("cp1252"), "text/csv", "text/csv; charset=unknown-8bit"),
        ("größe;夜".encode("utf-16"), "text/csv", "text/csv; charset=utf-16"),
        ("größe".encode("utf-16-be"), "text/plain", None),
        ("\ufeffgröße".encode("utf-16-be"), "text/plain", "text/plain; charset=utf-16"),
        ("\ufeffgröße".encode(), "text/csv", "text/csv"),
        ("1\r\nHé\r\n".encode("latin-1"), "application/x-subrip", "application/x-subrip"),
        ('"é"'.encode("latin-1"), "application/json", None),
        (b"\xff\xfe\x00\x00\x01\x00", "text/plain", None),
    ],
)
def test_text_in_other_encodings_has_its_charset(head: bytes, declared: str, mime: str | None) -> None:
    assert text_type(head, declared, None) == mime


@pytest.mark.parametrize("head", [b"a\0b", b"\x7fELF\x02", b"\xe9\x01a", "text".encode("utf-16-le")], ids=repr)
def test_binary_content_is_not_plain_text(head: bytes) -> None:
    assert text_type(head, "text/plain", "a.txt") is None


def test_first_bytes_may_end_within_a_character() -> None:
    assert text_type("aé".encode()[:-1], "text/plain", None) == "text/plain"
