"""What a worker does with one file: refuse what is two things at once, then hand it to its decoder."""

from collections.abc import Callable

from mediatheque.errors import Unreadable
from mediatheque.media.config import Config
from mediatheque.media.decoders import Found, archives, documents, images, models, moving
from mediatheque.media.polyglot import refuse_polyglot
from mediatheque.media.source import Source

_BY_FAMILY: dict[str, Callable[[Source, str, Config], Found]] = {
    "image": images.picture,
    "video": moving.moving,
    "audio": moving.moving,
    "model": models.model,
    "application/pdf": documents.pdf,
    "application/x-subrip": documents.subrip,
    "application/zip": archives.zipped,
}


def examine(path: str, mime: str, config: Config) -> Found:
    """Opens the file with the decoder for `mime`. Raises Unreadable."""
    decode = _BY_FAMILY.get(mime) or _BY_FAMILY[mime.partition("/")[0]]
    with Source(path) as source:
        try:
            refuse_polyglot(source, mime)
            return decode(source, mime, config)
        except MemoryError as error:
            raise Unreadable("The file needs too much memory to open.") from error
