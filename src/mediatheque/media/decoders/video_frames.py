"""Pixels of some frames of a video, spread evenly over its duration."""

from av.video.frame import VideoFrame
from PIL import Image

from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import av_probe, check_pixels, ffmpeg
from mediatheque.media.decoders.rgb import to_frame
from mediatheque.media.decoders.video_seek import FrameSeeker
from mediatheque.media.frames import Frame, fit_size
from mediatheque.media.input_file import InputFile

_TRANSPOSES = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
# counter-clockwise in both Pillow and FFmpeg


def render_video(source: InputFile, mime: str, config: SandboxConfig, max_frames: int, edge: int) -> list[Frame]:
    """Return a frame from the middle of each of `max_frames` equal parts; fewer from a video that has fewer.

    Raises `Unreadable` when the container cannot be opened or a frame is too large. The list is empty when no frame
    decodes.
    """
    av_probe.check_extent(source, mime)
    with ffmpeg.open_container(source.path, av_probe.DEMUXERS[mime]) as container:
        stream, _ = ffmpeg.select_streams(container)
        if stream is None:
            return []
        check_pixels(stream.codec_context.width, stream.codec_context.height, config.max_pixels)
        return [_frame(picture, edge) for picture in FrameSeeker(container, stream, config).sample(max_frames)]


def _frame(picture: VideoFrame, edge: int) -> Frame:
    """Convert to a frame. FFmpeg resizes it while it is in the video's own pixel format."""
    width, height = fit_size(picture.width, picture.height, edge)
    image = picture.to_image(width=width, height=height, interpolation="AREA")  # type: ignore[no-untyped-call]  # published without types
    return to_frame(image, edge, _TRANSPOSES.get(picture.rotation % 360))
