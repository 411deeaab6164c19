"""What a worker does with one file: refuse what is two things at once, then hand it to its decoder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mediatheque.errors import Unreadable
from mediatheque.media.config import Config
from mediatheque.media.decoders import (
    Found,
    av_probe,
    documents,
    glb,
    image_frames,
    image_probe,
    pages,
    video_frames,
    zip_archive,
)
from mediatheque.media.decoders.polyglot import refuse_polyglot
from mediatheque.media.frames import Frame
from mediatheque.media.input_file import Source

_BY_FAMILY: dict[str, Callable[[Source, str, Config], Found]] = {
    "image": image_probe.picture,
    "video": av_probe.moving,
    "audio": av_probe.moving,
    "model": glb.model,
    "application/pdf": documents.pdf,
    "application/x-subrip": documents.subrip,
    "application/zip": zip_archive.zipped,
}


def examine(path: str, mime: str, config: Config) -> Found:
    """Opens the file with the decoder for `mime`. Raises Unreadable."""
    decode = _BY_FAMILY.get(mime) or _BY_FAMILY[mime.partition("/")[0]]
    with _suspected(path, mime) as source:
        return decode(source, mime, config)


def show(path: str, mime: str, config: Config, *, most: int, edge: int) -> list[Frame]:
    """Decodes pixels of a picture, a video or a PDF: see `Sandbox.frames`. Raises Unreadable."""
    with _suspected(path, mime) as source:
        match mime.partition("/")[0]:
            case "image":
                return [image_frames.still(source, mime, config, edge)]
            case "video":
                return video_frames.film(source, mime, config, most, edge)
        return [pages.first_page(source, edge)]


@contextmanager
def _suspected(path: str, mime: str) -> Iterator[Source]:
    with Source(path) as source:
        try:
            refuse_polyglot(source, mime)
            yield source
        except MemoryError as error:
            raise Unreadable("The file needs too much memory to open.") from error
