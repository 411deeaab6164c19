"""PDF: the pixels of the first page."""

import pypdfium2

from mediatheque.media.decoders import documents
from mediatheque.media.decoders.rgb import frame_of
from mediatheque.media.frames import MAX_ASPECT_RATIO, Frame
from mediatheque.media.input_file import InputFile


def render_first_page(source: InputFile, edge: int) -> Frame:
    """Over white. A page has no pixels of its own: it is drawn as large as a frame may be. Raises Unreadable."""
    with documents.opened(source) as document:
        page = document[0]
        try:
            return frame_of(page.render(scale=_scale(page, edge)).to_pil(), edge)
        finally:
            page.close()


def _scale(page: pypdfium2.PdfPage, edge: int) -> float:
    width, height = page.get_size()
    return float(min(edge / min(width, height), MAX_ASPECT_RATIO * edge / max(width, height)))
