"""Uploads as multipart/form-data."""

from collections.abc import Callable

import httpx
import pytest

from tests import samples
from tests.contracts.dialect.endpoint import Suite
from tests.dialects.wire.form import BOUNDARY, CONTENT_TYPE, file_part, form


def _form_with(old: bytes, new: bytes) -> bytes:
    """Build a valid form, then replace `old` by `new`."""
    return form(file_part(samples.png())).replace(old, new)


MALFORMED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "Malformed"),
    "one line": (lambda: b"\r\n", "Malformed"),
    "garbage": (lambda: b"garbage that is no form", "Malformed"),
    "no part": (lambda: b"--%s--\r\n" % BOUNDARY, "Invalid"),
    "ends in the file": (lambda: form(file_part(samples.png()))[:-60], "Malformed"),
    "ends in the headers": (lambda: form(file_part(samples.png()))[:70], "Malformed"),
    "no end": (lambda: file_part(samples.png()), "Malformed"),
    "bare line feeds": (lambda: _form_with(b"\r\n", b"\n"), "Malformed"),
    "nameless": (lambda: _form_with(b'name="file"; ', b""), "Malformed"),
    "empty name": (lambda: _form_with(b'name="file"', b'name=""'), "Malformed"),
    "an attachment": (lambda: _form_with(b"form-data", b"attachment"), "Malformed"),
    "no disposition": (lambda: _form_with(b"Content-Disposition", b"X-Disposition"), "Malformed"),
    "another field": (lambda: _form_with(b'name="file"', b'name="image"'), "Invalid"),
    "two files": (lambda: form(file_part(samples.png()), file_part(samples.jpeg())), "Invalid"),
    "ten thousand parts": (lambda: form(*[file_part(b"x", name=f"n{n}") for n in range(10_000)]), "Malformed"),
    "endless file name": (lambda: form(file_part(samples.png(), filename="x" * 100_000)), "Malformed"),
    "many headers": (lambda: _form_with(b"Content-Type: ", b"X-A: 1\r\n" * 50 + b"Content-Type: "), "Malformed"),
}


ENCODED_PARTS = ["Content-Encoding: gzip", "Content-Transfer-Encoding: base64", "content-transfer-encoding: X-Uuencode"]


class TakesForms(Suite):
    """Uploads as multipart/form-data with a part `file`."""

    def post(self, body: bytes, content_type: str = CONTENT_TYPE) -> httpx.Response:
        return self.send(content=body, headers={"Content-Type": content_type})

    @pytest.mark.parametrize("declared", [None, "", "application/octet-stream", "image/png", "text/html", "nonsense"])
    def test_declared_part_type_is_ignored(self, declared: str | None) -> None:
        self.answered(self.post(form(file_part(samples.png(), filename="picture.txt", declared=declared))))

    @pytest.mark.parametrize(
        "name", ["", ".png", "../../etc/passwd", "a\\b\\c.png", "CON", "x" * 4000, "\u202egnp.exe"]
    )
    def test_hostile_filenames_are_accepted(self, name: str) -> None:
        self.answered(self.post(form(file_part(samples.png(), filename=name))))

    def test_part_without_filename_is_accepted(self) -> None:
        self.answered(self.post(form(file_part(samples.png(), filename=None))))

    def test_unknown_parts_are_ignored(self) -> None:
        note = b'--%s\r\nContent-Disposition: form-data; name="note"\r\n\r\nx\r\n' % BOUNDARY
        self.answered(self.post(form(note, file_part(samples.png()), note)))

    @pytest.mark.parametrize(
        "content_type",
        [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            'multipart/form-data; boundary=""',
            "multipart/form-data; charset=utf-8",
            "multipart/form-data; boundary=another",
            "multipart/form-data; boundary=" + "x" * 5000,
            "multipart/mixed; boundary=" + BOUNDARY.decode(),
            "application/json",
            "application/x-www-form-urlencoded",
            "image/png",
            "",
        ],
        ids=lambda value: value[:48] or "none",
    )
    def test_non_multipart_content_type_is_refused(self, content_type: str) -> None:
        self.refused(self.post(form(file_part(samples.png())), content_type), "Malformed")

    @pytest.mark.parametrize("header", ENCODED_PARTS)
    def test_encoded_part_is_refused(self, header: str) -> None:
        body = _form_with(b"Content-Type: ", header.encode() + b"\r\nContent-Type: ")
        self.refused(self.post(body), "UnsupportedEncoding")

    @pytest.mark.parametrize("header", ["Content-Encoding: identity", "Content-Transfer-Encoding: Binary"])
    def test_part_with_plain_bytes_is_accepted(self, header: str) -> None:
        self.answered(self.post(_form_with(b"Content-Type: ", header.encode() + b"\r\nContent-Type: ")))

    @pytest.mark.parametrize("name", MALFORMED)
    def test_malformed_multipart_is_refused(self, name: str) -> None:
        body, meaning = MALFORMED[name]
        self.refused(self.post(body()), meaning)
