"""Videos: pixels of some frames, spread evenly over the duration."""

from av.video.frame import VideoFrame
from PIL import Image

from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import av_probe, check_pixels, ffmpeg
from mediatheque.media.decoders.rgb import frame_of
from mediatheque.media.decoders.video_seek import FrameSeeker
from mediatheque.media.frames import Frame, fitted
from mediatheque.media.input_file import InputFile

_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
# counter-clockwise, for Pillow as for FFmpeg


def render_video(source: InputFile, mime: str, config: SandboxConfig, most: int, edge: int) -> list[Frame]:
    """A frame from the middle of each of `most` equal parts. Fewer, if it has fewer, and none if none decodes.

    Raises Unreadable for a container that cannot be opened and for pictures that are too large.
    """
    av_probe.check_extent(source, mime)
    with ffmpeg.opened(source.path, av_probe.DEMUXERS[mime]) as container:
        stream, _ = ffmpeg.streams(container)
        if stream is None:
            return []
        check_pixels(stream.codec_context.width, stream.codec_context.height, config.max_pixels)
        return [_frame(picture, edge) for picture in FrameSeeker(container, stream, config).spread(most)]


def _frame(picture: VideoFrame, edge: int) -> Frame:
    """Shrunk while still in the video's own colours, by FFmpeg."""
    width, height = fitted(picture.width, picture.height, edge)
    image = picture.to_image(width=width, height=height, interpolation="AREA")  # type: ignore[no-untyped-call]  # published without types
    return frame_of(image, edge, _TURNS.get(picture.rotation % 360))
