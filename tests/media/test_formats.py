import pytest

from mediatheque.media.formats import FORMATS, claims_media, same_type


@pytest.mark.parametrize(
    ("declared", "mime"),
    [
        ("image/jpg", "image/jpeg"),
        ("IMAGE/JPEG", "image/jpeg"),
        ("image/heif", "image/heic"),
        ("audio/mp3", "audio/mpeg"),
        ("audio/x-wav", "audio/wav"),
        ("audio/vnd.wave; codec=1", "audio/wav"),
        ("video/quicktime", "video/mp4"),
        ("video/x-m4v", "video/mp4"),
        ("audio/x-m4a", "audio/mp4"),
        ("video/mp4", "audio/mp4"),
        ("video/webm;codecs=vp8,opus", "audio/webm"),
        ("application/ogg", "audio/ogg"),
        ("text/plain; charset=utf-8", "application/x-subrip"),
        ("model/gltf-binary", "model/gltf-binary"),
    ],
)
def test_aliases_are_the_same_type(declared, mime):
    assert same_type(declared, mime)


@pytest.mark.parametrize(
    ("declared", "mime"),
    [
        ("image/png", "image/jpeg"),
        ("video/mp4", "video/webm"),
        ("audio/mpeg", "audio/wav"),
        ("application/octet-stream", "image/png"),
        ("", "image/png"),
        ("image/jpeg", "application/pdf"),
    ],
)
def test_different_containers_are_different_types(declared, mime):
    assert not same_type(declared, mime)


@pytest.mark.parametrize("mime", FORMATS)
def test_format_matches_its_own_type_and_extension(mime):
    assert same_type(mime, mime)
    document = mime in ("application/x-subrip", "application/zip")
    assert claims_media(None, f"a.{FORMATS[mime].extension.upper()}") is not document
    assert claims_media(mime, None) is not document


@pytest.mark.parametrize(
    ("declared", "name", "expected"),
    [
        (None, None, False),
        ("", "", False),
        ("application/octet-stream", "x", False),
        ("text/plain", "notes.txt", False),
        ("application/zip", "a.zip", False),
        ("text/plain", "picture.PNG", True),
        ("image/x-icon", None, True),
        ("Video/MP4; x=y", "a.txt", True),
        ("application/pdf", None, True),
        (None, "a.b.heif", True),
        (None, "archive.jpg.zip", False),
        (None, ".png", True),
        (None, "png", False),
        (None, "a/b.png/c", False),
        (None, "x" * 5000 + ".mov", True),
    ],
)
def test_claims_media_by_type_or_name(declared, name, expected):
    assert claims_media(declared, name) is expected
