"""Video and audio: whether the container is whole, what its streams are, how large as shown and how long."""

from av.container import InputContainer

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers import ebml, iso, ogg, riff
from mediatheque.media.containers.mpeg_audio import id3_size
from mediatheque.media.decoders import ProbeResult, check_pixels, ffmpeg
from mediatheque.media.input_file import InputFile

DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "audio/webm": "matroska",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
}
"""FFmpeg's name of what opens each type."""

_QUARTER_TURN = 90
_Size = tuple[int, int] | None


def probe_av(source: InputFile, mime: str, config: SandboxConfig) -> ProbeResult:
    """Size as shown of a video, duration in seconds of both. Raises Unreadable unless something decodes."""
    check_extent(source, mime)
    mime = _behind_tag(source, mime)
    with ffmpeg.opened(source.path, DEMUXERS[mime]) as container:
        duration = ffmpeg.stated_duration(container)
        size = _shown_size(container, config)
    if duration is None:
        with ffmpeg.opened(source.path, DEMUXERS[mime]) as container:
            duration = ffmpeg.counted_duration(container)
    width, height = size or (None, None)
    return ProbeResult(_refined(source, mime, is_video=size is not None), width, height, duration)


def check_extent(source: InputFile, mime: str) -> None:
    """Raises Unreadable unless the container is whole."""
    match DEMUXERS[mime]:
        case "mov":
            if b"moov" not in iso.box_types(source):
                raise Unreadable("The file has no index (moov): it was probably not finished.")
        case "matroska":
            ebml.check_extent(source)
        case "wav":
            _check_wav(source)
        case "ogg":
            ogg.check_extent(source)


def _check_wav(source: InputFile) -> None:
    kinds = [chunk.kind for chunk in riff.chunks(source, streamed=True)]
    if b"fmt " not in kinds or b"data" not in kinds:
        raise Unreadable("The WAV has no sound in it.")


def _behind_tag(source: InputFile, mime: str) -> str:
    """An ID3 tag may hide from the sniffer that FLAC follows it."""
    size = id3_size(source.upto(10))
    return "audio/flac" if size and source.upto(4, size) == b"fLaC" else mime


def _shown_size(container: InputContainer, config: SandboxConfig) -> _Size:
    """From a decoded frame: only frames carry the rotation that phones write into the container. None for sound."""
    video, audio = ffmpeg.streams(container)
    if video:
        check_pixels(video.codec_context.width, video.codec_context.height, config.max_pixels)
        frame = ffmpeg.first_picture(container, video, config.max_pixels)
        sideways = abs(frame.rotation) % 180 == _QUARTER_TURN
        return (frame.height, frame.width) if sideways else (frame.width, frame.height)
    if audio is None:
        raise Unreadable("The file has no video and no sound that can be played.")
    ffmpeg.first_sound(container, audio)
    return None


def _refined(source: InputFile, mime: str, *, is_video: bool) -> str:
    """The brand or the sniffed type says which container; the streams say whether it is audio only."""
    match DEMUXERS[mime], is_video:
        case "mov", True:
            return "video/quicktime" if iso.major_brand(source) in (b"qt  ", b"") else "video/mp4"
        case "mov", False:
            return "audio/mp4"
        case "matroska", _:
            return "video/webm" if is_video else "audio/webm"
        case _, True:
            raise Unreadable("A video in an audio file is not supported.")
    return mime
