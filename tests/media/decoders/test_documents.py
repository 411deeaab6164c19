"""PDF as printers and programs write it."""

import pytest

from mediatheque.errors import Unreadable
from tests import samples
from tests.media.examine import examine, render

TICKET = b"\x1b%-12345X@PJL JOB\r\n@PJL SET COPIES=2\r\n@PJL ENTER LANGUAGE=PDF\r\n"


@pytest.mark.parametrize("before", [TICKET, b"<html>a banner</html>\n", b"x" * 1024, bytes(700), b"1\n2\n"])
def test_header_may_begin_within_1024_bytes(tmp_path, before):
    path = tmp_path / "file"
    assert examine(path, before + samples.pdf()).mime == "application/pdf"
    assert render(path, before + samples.pdf()).width > 1


def test_header_behind_1024_bytes_is_none(tmp_path):
    with pytest.raises(Unreadable):
        examine(tmp_path / "file", b"x" * 1025 + samples.pdf())


@pytest.mark.parametrize(
    "damaged", [samples.pdf_magic_only(), samples.pdf_file(["<< /Type /Catalog >>"]), samples.truncated_pdf()]
)
def test_damaged_pdf_after_an_encrypted_one_is_not_called_encrypted(tmp_path, damaged):
    with pytest.raises(Unreadable, match="encrypted"):
        examine(tmp_path / "locked", samples.pdf_encrypted())
    with pytest.raises(Unreadable, match="damaged"):
        examine(tmp_path / "file", damaged)
