"""What is told of a film, or of sound in the container of a film: its type, its size as shown and its length."""

from av.container import InputContainer

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers.iso import blocks, boxes
from mediatheque.media.decoders import ProbeResult, check_pixels, ffmpeg
from mediatheque.media.decoders.film.opening import find_end, is_webm, open_film
from mediatheque.media.decoders.film.shape import Size, shown_size
from mediatheque.media.decoders.film.tracks import main_video
from mediatheque.media.input_file import InputFile
from mediatheque.media.metadata.reading import read_embedded


def probe_film(source: InputFile, mime: str, config: SandboxConfig) -> ProbeResult:
    """Return a film's size as shown, the length in seconds, and what it says of itself.

    Raises `Unreadable` unless a frame decodes.
    """
    end = find_end(source, mime)
    with open_film(source, mime, end) as container:
        duration = ffmpeg.header_duration(container)
        size = _shown_size(container, config)
        tags = dict(container.metadata)
    if duration is None:
        with open_film(source, mime, end) as container:
            duration = ffmpeg.measured_duration(container)
    width, height = size or (None, None)
    embedded = read_embedded(source, () if is_webm(mime) else blocks.find_blocks(source), tags)
    return ProbeResult(_refine_mime(source, mime, is_video=size is not None), width, height, duration, embedded)


def _shown_size(container: InputContainer, config: SandboxConfig) -> Size | None:
    """Return the size of a decoded frame, which alone has the rotation set in the container; None for sound."""
    video = main_video(container)
    if video:
        check_pixels(video.codec_context.width, video.codec_context.height, config.max_pixels)
        return shown_size(video, ffmpeg.first_video_frame(container, video, config.max_pixels))
    audio = ffmpeg.select_audio(container)
    if audio is None:
        raise Unreadable("The file has no video and no sound that can be played.")
    ffmpeg.first_audio_frame(container, audio)
    return None


def _refine_mime(source: InputFile, mime: str, *, is_video: bool) -> str:
    """Return the MIME type: the container is known by its brand or by `mime`, sound only by the tracks."""
    if is_webm(mime):
        return "video/webm" if is_video else "audio/webm"
    if not is_video:
        return "audio/mp4"
    return "video/quicktime" if boxes.major_brand(source) in (b"qt  ", b"") else "video/mp4"
