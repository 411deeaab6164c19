"""Pixels of some frames of a film, spread evenly over its duration."""

from av.video.frame import VideoFrame

from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import check_pixels
from mediatheque.media.decoders.film.opening import find_end, open_film
from mediatheque.media.decoders.film.seek import FrameSeeker
from mediatheque.media.decoders.film.shape import Size, square_size, turn
from mediatheque.media.decoders.film.tracks import main_video
from mediatheque.media.decoders.rgb import to_frame
from mediatheque.media.frames import Frame, fit_size
from mediatheque.media.input_file import InputFile


def render_film(source: InputFile, mime: str, config: SandboxConfig, max_frames: int, edge: int) -> list[Frame]:
    """Return a frame from the middle of each of `max_frames` equal parts; fewer from a film that has fewer.

    Raises `Unreadable` when the container cannot be opened or a frame is too large. The list is empty when no frame
    decodes.
    """
    with open_film(source, mime, find_end(source, mime)) as container:
        stream = main_video(container)
        if stream is None:
            return []
        check_pixels(stream.codec_context.width, stream.codec_context.height, config.max_pixels)
        pictures = FrameSeeker(container, stream, config).sample(max_frames)
        return [_frame(picture, square_size(stream, picture), edge) for picture in pictures]


def _frame(picture: VideoFrame, size: Size, edge: int) -> Frame:
    """Convert to a frame. FFmpeg resizes it while it is in the video's own pixel format."""
    width, height = fit_size(*size, edge)
    image = picture.to_image(width=width, height=height, interpolation="AREA")  # type: ignore[no-untyped-call]  # published without types
    return to_frame(image, edge, turn(picture))
