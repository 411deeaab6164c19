import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediatheque.library.catalog.filenames import safe_name, title_from


@pytest.mark.parametrize(
    ("given_name", "mime", "extension", "safe"),
    [
        ("photo.png", "image/png", "png", "photo.png"),
        ("PHOTO.JPEG", "image/jpeg", "jpg", "PHOTO.JPEG"),
        ("page.html", "image/png", "png", "page.html.png"),
        ("../../etc/passwd", "image/png", "png", "passwd.png"),
        ("C:\\temp\\a.png", "image/png", "png", "a.png"),
        ("..hidden", "image/png", "png", "hidden.png"),
        ("a\x00b\n.png", "image/png", "png", "a_b_.png"),
        ("\u202egnp.exe", "image/png", "png", "_gnp.exe.png"),
        ("e\u0301te\u0301.png", "image/png", "png", "\u00e9t\u00e9.png"),
        (None, "image/png", "png", "file.png"),
        ("", "application/octet-stream", "", "file"),
        ("notes.txt", "application/octet-stream", "", "notes.txt"),
    ],
)
def test_safe_names(given_name: str | None, mime: str, extension: str, safe: str) -> None:
    assert safe_name(given_name, mime, extension) == safe


@given(st.text(max_size=400))
def test_any_name_becomes_a_safe_name_of_limited_length(name: str) -> None:
    safe = safe_name(name, "image/png", "png")
    assert safe.lower().endswith(".png")
    assert len(safe.encode()) <= 200
    assert not set(safe) & set('/\\"\0\r\n')
    assert not safe.startswith((".", "-", " "))
    assert safe_name(safe, "image/png", "png") == safe


def test_title_from_name_caption_or_fallback() -> None:
    assert title_from("holiday.final.png", "sea", "image") == "holiday.final"
    assert title_from(None, "a sea\nof words", "image") == "a sea"
    assert title_from(None, None, "image") == "image"
