"""Examining one file in a worker: refuse polyglots, then call the decoder for its format."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import (
    TOO_MUCH_MEMORY,
    ProbeResult,
    audio_probe,
    documents,
    glb,
    image_frames,
    image_probe,
    zip_archive,
)
from mediatheque.media.decoders.film.frames import render_film
from mediatheque.media.decoders.film.probe import probe_film
from mediatheque.media.decoders.polyglot import refuse_polyglot
from mediatheque.media.frames import Frame
from mediatheque.media.input_file import InputFile

_PROBES: dict[str, Callable[[InputFile, str, SandboxConfig], ProbeResult]] = {
    "image": image_probe.probe_image,
    "video": probe_film,
    "audio": probe_film,
    **dict.fromkeys(audio_probe.DEMUXERS, audio_probe.probe_audio),
    "model": glb.probe_glb,
    "application/pdf": documents.probe_pdf,
    "application/x-subrip": documents.probe_subrip,
    "application/zip": zip_archive.probe_zip,
}


def probe(path: str, mime: str, config: SandboxConfig) -> ProbeResult:
    """Examine the file with the decoder for `mime`. Raises `Unreadable`."""
    decode = _PROBES.get(mime) or _PROBES[mime.partition("/")[0]]
    with _open_checked(path, mime) as source:
        return decode(source, mime, config)


def render(path: str, mime: str, config: SandboxConfig, *, max_frames: int, edge: int) -> list[Frame]:
    """Decode pixels of a picture, a video or a PDF; see `Sandbox.frames`. Raises `Unreadable`."""
    with _open_checked(path, mime) as source:
        match mime.partition("/")[0]:
            case "image":
                return [image_frames.render_image(source, mime, config, edge)]
            case "video":
                return render_film(source, mime, config, max_frames, edge)
        return [documents.render_first_page(source, edge)]


@contextmanager
def _open_checked(path: str, mime: str) -> Iterator[InputFile]:
    with InputFile(path) as source:
        try:
            refuse_polyglot(source, mime)
            yield source
        except MemoryError as error:
            raise Unreadable(TOO_MUCH_MEMORY) from error
