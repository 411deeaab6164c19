"""Films, and sound in their containers: whether the container is complete, its streams, their size and duration."""

from av.container import InputContainer

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers import ebml, iso
from mediatheque.media.decoders import ProbeResult, check_pixels, ffmpeg
from mediatheque.media.input_file import InputFile

DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "audio/webm": "matroska",
}
"""FFmpeg's demuxer for each MIME type."""

_QUARTER_TURN = 90
_Size = tuple[int, int] | None


def probe_av(source: InputFile, mime: str, config: SandboxConfig) -> ProbeResult:
    """Return a video's size as displayed, and the duration in seconds. Raises `Unreadable` unless a frame decodes."""
    check_extent(source, mime)
    with ffmpeg.open_container(source.path, DEMUXERS[mime]) as container:
        duration = ffmpeg.header_duration(container)
        size = _display_size(container, config)
    if duration is None:
        with ffmpeg.open_container(source.path, DEMUXERS[mime]) as container:
            duration = ffmpeg.measured_duration(container)
    width, height = size or (None, None)
    return ProbeResult(_refine_mime(source, mime, is_video=size is not None), width, height, duration)


def check_extent(source: InputFile, mime: str) -> None:
    """Check that the container is complete; raises `Unreadable` otherwise."""
    match DEMUXERS[mime]:
        case "mov":
            if b"moov" not in iso.box_types(source):
                raise Unreadable("The file has no index (moov): it was probably not finished.")
        case "matroska":
            ebml.check_extent(source)


def _display_size(container: InputContainer, config: SandboxConfig) -> _Size:
    """Return the size of a decoded frame, which alone has the rotation set in the container; None for audio."""
    video, audio = ffmpeg.select_streams(container)
    if video:
        check_pixels(video.codec_context.width, video.codec_context.height, config.max_pixels)
        frame = ffmpeg.first_video_frame(container, video, config.max_pixels)
        sideways = abs(frame.rotation) % 180 == _QUARTER_TURN
        return (frame.height, frame.width) if sideways else (frame.width, frame.height)
    if audio is None:
        raise Unreadable("The file has no video and no sound that can be played.")
    ffmpeg.first_audio_frame(container, audio)
    return None


def _refine_mime(source: InputFile, mime: str, *, is_video: bool) -> str:
    """Return the MIME type: the container is known by its brand or by `mime`, audio only by the streams."""
    match DEMUXERS[mime], is_video:
        case "mov", True:
            return "video/quicktime" if iso.major_brand(source) in (b"qt  ", b"") else "video/mp4"
        case "mov", False:
            return "audio/mp4"
    return "video/webm" if is_video else "audio/webm"
