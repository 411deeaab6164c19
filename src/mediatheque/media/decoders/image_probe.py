"""A picture's size as displayed, from its headers. Each format is opened by one Pillow plugin, never `Image.open`."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from PIL import ExifTags, Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from pillow_heif import HeifImageFile

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers import gif, iso, png, webp
from mediatheque.media.decoders import ProbeResult, check_pixels
from mediatheque.media.input_file import InputFile

Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit only warns at first; `check_pixels` is used instead
_SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that swap width and height
_WINDOW = 1 << 16


class ImageHeader(NamedTuple):
    """Metadata from a picture's headers."""

    width: int
    height: int
    """Before the orientation is applied."""

    frames: int
    orientation: int
    """EXIF orientation: 1 is upright."""


def probe_image(source: InputFile, mime: str, config: SandboxConfig) -> ProbeResult:
    """Return the size with the orientation applied. Raises `Unreadable`."""
    width, height, _, orientation = read_header(source, mime, config)
    if orientation in _SIDEWAYS:
        width, height = height, width
    return ProbeResult(mime, width, height)


def read_header(source: InputFile, mime: str, config: SandboxConfig) -> ImageHeader:
    """Read the headers without decoding pixels. Raises `Unreadable`, also for a picture that is too large."""
    with map_decoder_errors():
        header = _READERS[mime](source)
    width, height, frames, _ = header
    check_pixels(width, height, config.max_pixels)
    if frames > config.max_frames or frames * width * height > config.max_animation_pixels:
        raise Unreadable(f"The animation is too large: {frames} frames of {width} x {height}.")
    return header


def _jpeg(source: InputFile) -> ImageHeader:
    with source.open_file() as file, JpegImageFile(file) as image:
        _check_jpeg_end(source, file.tell())
        return ImageHeader(*image.size, 1, _orientation_of(image))


def _check_jpeg_end(source: InputFile, scan: int) -> None:
    """Check that an end marker follows the start of the scan.

    Data may follow it, such as a gain map or a motion photo.
    """
    end = source.size
    while end > scan:
        start = max(scan, end - _WINDOW)
        if b"\xff\xd9" in source.read_up_to(end - start, start):
            return
        end = start + 1 if start > scan else scan  # a marker may cross the border of two windows
    raise Unreadable("The JPEG is cut off.")


def _png(source: InputFile) -> ImageHeader:
    metadata = png.read_metadata(source)
    with source.open_file() as file, PngImageFile(file) as image:
        return ImageHeader(*image.size, metadata.frames, _orientation(metadata.exif))


def _gif(source: InputFile) -> ImageHeader:
    frames = gif.count_frames(source)
    with source.open_file() as file, GifImageFile(file) as image:
        return ImageHeader(*image.size, frames, 1)


def _webp(source: InputFile) -> ImageHeader:
    metadata = webp.read_metadata(source)
    return ImageHeader(metadata.width, metadata.height, metadata.frames, _orientation(metadata.exif))


def _avif(source: InputFile) -> ImageHeader:
    _check_boxes(source)
    with source.open_file() as file, AvifImageFile(file) as image:
        return ImageHeader(*image.size, getattr(image, "n_frames", 1), _orientation_of(image))


def _heic(source: InputFile) -> ImageHeader:
    """HEIF stores the orientation in the container, and libheif returns the size with it applied."""
    _check_boxes(source)
    with source.open_file() as file, HeifImageFile(file) as image:  # type: ignore[no-untyped-call]  # published without types
        return ImageHeader(*image.size, getattr(image, "n_frames", 1), 1)


_READERS: dict[str, Callable[[InputFile], ImageHeader]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/avif": _avif,
    "image/heic": _heic,
}


def _check_boxes(source: InputFile) -> None:
    if not iso.box_types(source) & {b"meta", b"moov"}:
        raise Unreadable("The picture has no description in it.")


def _orientation_of(image: ImageFile) -> int:
    return _known_orientation(image.getexif())


def _orientation(exif: bytes) -> int:
    if not exif:
        return 1
    parsed = Image.Exif()
    parsed.load(exif)
    return _known_orientation(parsed)


def _known_orientation(exif: Image.Exif) -> int:
    value = exif.get(ExifTags.Base.Orientation, 1)
    return value if isinstance(value, int) else 1


@contextmanager
def map_decoder_errors() -> Iterator[None]:
    """Turn what Pillow raises for damaged files into `Unreadable`."""
    try:
        yield
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, RuntimeError) as error:
        raise Unreadable("The picture is damaged and cannot be opened.") from error
