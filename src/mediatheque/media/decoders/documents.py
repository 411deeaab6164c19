"""PDF and subtitles."""

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import ProbeResult
from mediatheque.media.decoders.rgb import to_frame
from mediatheque.media.frames import MAX_ASPECT_RATIO, Frame
from mediatheque.media.input_file import InputFile
from mediatheque.media.sniff import FIRST_CUE

_WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD


def probe_pdf(source: InputFile, mime: str, _: SandboxConfig) -> ProbeResult:
    """Check that pdfium opens the document and its first page without a password; raises `Unreadable` otherwise."""
    with _open_pdf(source) as document:
        document[0].close()
    return ProbeResult(mime)


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
        document = pypdfium2.PdfDocument(source.path)
        try:
            if len(document) < 1:
                raise Unreadable("The PDF has no pages.")
            yield document
        finally:
            document.close()
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _WRONG_PASSWORD:
            raise Unreadable("The PDF is encrypted. Please remove its password.") from error
        raise Unreadable("The PDF is damaged and cannot be opened.") from error


def _scale(page: pypdfium2.PdfPage, edge: int) -> float:
    width, height = page.get_size()
    return float(min(edge / min(width, height), MAX_ASPECT_RATIO * edge / max(width, height)))
