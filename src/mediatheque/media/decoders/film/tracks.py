"""Which of the tracks is the film, and which are pictures beside it."""

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from mediatheque.errors import Unreadable

_BESIDE = Disposition.attached_pic | Disposition.timed_thumbnails
_STILL_CODECS = frozenset({"mjpeg", "mjpegb", "png", "bmp", "gif", "tiff", "webp", "jpeg2000", "jpegls"})


def main_video(container: InputContainer) -> VideoStream | None:
    """Return the film's track; None for sound, which may have a cover or pictures of its chapters.

    It is no still and no sequence of stills where there is another, then one that plays by default, then the largest.
    Raises `Unreadable` when that cannot be decoded: the sound alone, or a thumbnail, would not be the film.
    """
    tracks = [track for track in container.streams.video if not track.disposition & _BESIDE]
    main = max(tracks, key=_rank, default=None)
    if main is not None and main.codec_context is None:
        raise Unreadable("The film's video is in a format that cannot be decoded. Please convert it, to H.264 say.")
    return main


def _rank(track: VideoStream) -> tuple[bool, bool, bool, bool, int]:
    """Order tracks. A thumbnail may be the only one that plays by default, because writers enable the first track."""
    codec = track.codec_context
    is_still_codec = codec is not None and codec.name in _STILL_CODECS
    is_default = bool(track.disposition & Disposition.default)
    area = codec.width * codec.height if codec is not None else 0
    return not is_still_codec, track.frames != 1, codec is not None, is_default, area
