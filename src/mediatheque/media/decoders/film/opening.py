"""Opening a film up to where it ends: what is behind its end never reaches FFmpeg."""

from collections.abc import Iterator
from contextlib import contextmanager

from av.container import InputContainer

from mediatheque.media.containers import ebml, truncated
from mediatheque.media.containers.iso import boxes, tracks
from mediatheque.media.containers.tail import check_tail
from mediatheque.media.decoders import ffmpeg
from mediatheque.media.input_file import InputFile
from mediatheque.media.spliced_file import part_of

_DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "audio/webm": "matroska",
}
"""FFmpeg's demuxer for each MIME type."""


def is_webm(mime: str) -> bool:
    """Whether the container is WebM, and not MP4 or QuickTime."""
    return _DEMUXERS[mime] == "matroska"


def find_end(source: InputFile, mime: str) -> int:
    """Return where the film ends.

    Raises `Unreadable` when it is cut off or encrypted, and when an archive or a program is behind it.
    """
    return _find_end_of_webm(source) if is_webm(mime) else _find_end_of_mp4(source)


@contextmanager
def open_film(source: InputFile, mime: str, end: int) -> Iterator[InputContainer]:
    """Open the film, which ends at `end`. FFmpeg's errors become `Unreadable`."""
    with ffmpeg.open_container(part_of(source, 0, end), _DEMUXERS[mime]) as container:
        yield container


def _find_end_of_webm(source: InputFile) -> int:
    end = ebml.find_end(source)
    ebml.check_not_encrypted(source)
    check_tail(source, end)
    return end


def _find_end_of_mp4(source: InputFile) -> int:
    """Leave out the boxes behind the media: FFmpeg needs none of them, and fails for some that are damaged."""
    extent = boxes.find_end(source)
    tracks.check_not_encrypted(source, extent.index)
    last = 0 if extent.certain else _end_of_samples(source, source.size if extent.cut else extent.needed)
    if extent.cut and last > source.size:
        raise truncated("container")
    check_tail(source, min(max(extent.end, last), source.size))
    return min(max(extent.needed, last), source.size)


def _end_of_samples(source: InputFile, end: int) -> int:
    with open_film(source, "video/mp4", end) as container:
        return ffmpeg.end_of_samples(container)
