"""PDF and subtitles."""

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2
from pypdfium2 import raw as pdfium

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers.tail import check_tail
from mediatheque.media.decoders import ProbeResult
from mediatheque.media.decoders.rgb import to_frame
from mediatheque.media.frames import MAX_ASPECT_RATIO, Frame
from mediatheque.media.input_file import InputFile
from mediatheque.media.sniff import FIRST_CUE

_END = b"%%EOF"
_WINDOW = 1 << 16


def probe_pdf(source: InputFile, mime: str, _: SandboxConfig) -> ProbeResult:
    """Check that pdfium opens the document and its first page without a password; raises `Unreadable` otherwise."""
    with _open_pdf(source) as document:
        document[0].close()
    check_tail(source, _end_of_pdf(source))
    return ProbeResult(mime)


def is_pdf(source: InputFile) -> bool:
    """Whether pdfium opens the file, or would with a password."""
    try:
        with _open_document(source):
            return True
    except pypdfium2.PdfiumError as error:
        return bool(error.err_code == pdfium.FPDF_ERR_PASSWORD)


def render_first_page(source: InputFile, edge: int) -> Frame:
    """Draw the first page of a PDF over white, as large as a frame may be. Raises `Unreadable`."""
    with _open_pdf(source) as document:
        page = document[0]
        try:
            return to_frame(page.render(scale=_scale(page, edge)).to_pil(), edge)
        finally:
            page.close()


def probe_subrip(source: InputFile, mime: str, config: SandboxConfig) -> ProbeResult:
    """Check that the whole file is text that begins with a cue; raises `Unreadable` otherwise."""
    if source.size > config.max_text_bytes:
        raise Unreadable(f"The subtitles are larger than {config.max_text_bytes} bytes.")
    text = source.read_up_to(config.max_text_bytes)
    if b"\0" in text or not FIRST_CUE.match(text):
        raise Unreadable("The subtitles do not begin with a numbered cue.")
    return ProbeResult(mime)


@contextmanager
def _open_pdf(source: InputFile) -> Iterator[pypdfium2.PdfDocument]:
    """Open a document of at least one page. Errors of pdfium become `Unreadable`, inside the block too."""
    try:
        with _open_document(source) as document:
            yield document
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise Unreadable("The PDF is encrypted. Please remove its password.") from error
        raise Unreadable("The PDF is damaged and cannot be opened. Please save or print it anew.") from error


@contextmanager
def _open_document(source: InputFile) -> Iterator[pypdfium2.PdfDocument]:
    """Raises `PdfiumError` with the reason as `err_code`."""
    _forget_last_error()
    with source.open_file() as file:  # pdfium's binding would resolve a path, and the file may have no name
        document = pypdfium2.PdfDocument(file)
        try:
            yield document
        finally:
            document.close()


def _forget_last_error() -> None:
    """Replace the error that pdfium keeps from another document: where this one has no pages, it sets none.

    An empty document is a damaged one.
    """
    pdfium.FPDF_LoadMemDocument(b"", 0, None)


def _end_of_pdf(source: InputFile) -> int:
    """Return where the last end marker ends; the size of the file if there is none, which readers bear."""
    border = source.size
    while border > 0:
        start = max(0, border - _WINDOW)
        at = source.read_up_to(border - start + len(_END) - 1, start).rfind(_END)
        if at != -1:
            return start + at + len(_END)
        border = start
    return source.size


def _scale(page: pypdfium2.PdfPage, edge: int) -> float:
    width, height = page.get_size()
    return float(min(edge / min(width, height), MAX_ASPECT_RATIO * edge / max(width, height)))
