"""Text is no polyglot, whatever it says; documents and archives of another program are."""

import io
import struct
import zipfile

import pytest

from mediatheque.errors import Unreadable
from tests import samples
from tests.media.examine import examine

MARKUP = (b"<!DOCTYPE plist", b"<script>alert(1)</script>", b"<html>", b"<svg ", b"<?php echo 1 ?>")


def jpeg_segment(marker: int, body: bytes) -> bytes:
    data = samples.jpeg()
    return data[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + data[2:]


def png_text(text: bytes) -> bytes:
    data = samples.png()
    return data[:33] + samples.png_chunk(b"tEXt", b"prompt\0" + text) + data[33:]


def mp3_comment(text: bytes) -> bytes:
    body = b"\0eng\0" + text
    frame = b"COMM" + struct.pack(">IH", len(body), 0) + body
    return b"ID3\x03\0\0\0\0" + bytes((len(frame) >> 7, len(frame) & 127)) + frame + samples.mp3(id3=False)


def pdf_title(text: bytes) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Title (" + text + b") >>\nendobj\n" + samples.pdf().split(b"\n", 1)[1]


def webp_text(text: bytes) -> bytes:
    body = samples.webp()[8:] + b"note" + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp4_text(text: bytes) -> bytes:
    data = samples.mp4()
    ftyp = int.from_bytes(data[:4], "big")
    moved = data[:ftyp] + data[ftyp:]
    return moved + struct.pack(">I4s", 8 + len(text), b"free") + text


WRITERS = {
    "image/jpeg": lambda text: jpeg_segment(0xED, b"Photoshop 3.0\0" + text),
    "image/png": png_text,
    "image/gif": lambda text: samples.gif()[:-1] + b"\x21\xfe" + bytes((len(text),)) + text + b"\0;",
    "image/webp": webp_text,
    "audio/mpeg": mp3_comment,
    "application/pdf": pdf_title,
    "video/mp4": mp4_text,
}


@pytest.mark.parametrize("text", [*MARKUP, b"a page that begins with %PDF-1.7, drawn"])
@pytest.mark.parametrize("mime", WRITERS)
def test_text_is_taken(tmp_path, mime, text):
    assert examine(tmp_path / "file", WRITERS[mime](text)).mime == mime


def test_glb_of_a_page_is_taken(tmp_path):
    assert examine(tmp_path / "file", samples.glb_with(lambda doc: doc["asset"].update(copyright="<html>"))).mime


@pytest.mark.parametrize("header", [samples.pdf(), samples.pdf().replace(b"1.7\n", b"1.7x"), samples.pdf_encrypted()])
def test_document_inside_a_picture_is_refused(tmp_path, header):
    with pytest.raises(Unreadable, match="also a PDF"):
        examine(tmp_path / "file", jpeg_segment(0xFE, header))


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "content " * 9)
    return out.getvalue()


def pdf_with(attachment: bytes) -> bytes:
    """A PDF whose last object is a stored file, as writers attach them; without references, which readers bear."""
    body, _, end = samples.pdf().rpartition(b"xref\n0 ")
    stream = b"9 0 obj\n<< /Type /EmbeddedFile /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (
        len(attachment),
        attachment,
    )
    return body + stream + b"xref\n0 " + end


def test_pdf_with_an_office_file_attached_is_taken(tmp_path):
    office = archive("[Content_Types].xml", "word/document.xml")
    assert examine(tmp_path / "file", pdf_with(office)).mime == "application/pdf"


@pytest.mark.parametrize(
    "data",
    [
        samples.pdf() + archive("evil.txt"),
        pdf_with(archive("META-INF/MANIFEST.MF", "Main.class")),
        pdf_with(archive("a.txt")) + archive("b.txt"),
        pdf_with(b"more before " + archive("a.txt")),
        samples.png() + archive("a.txt"),
        samples.mp4() + archive("a.txt"),
        samples.mp3() + archive("a.txt"),
        samples.flac() + archive("a.txt") + b"\n" * 999,
    ],
)
def test_archive_that_programs_find_from_the_end_is_refused(tmp_path, data):
    with pytest.raises(Unreadable, match="archive"):
        examine(tmp_path / "file", data)


@pytest.mark.parametrize("tail", [b"Rar!\x1a\x07\0 an archive", b"\n" + samples.elf()])
def test_pdf_with_an_archive_or_a_program_behind_it_is_refused(tmp_path, tail):
    with pytest.raises(Unreadable, match="behind the end"):
        examine(tmp_path / "file", samples.pdf() + tail)
