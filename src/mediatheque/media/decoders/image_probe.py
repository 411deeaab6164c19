"""A picture's size as displayed, from its headers. Each format is opened by one Pillow plugin, never `Image.open`."""

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from typing import NamedTuple

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import HeifImageFile

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers import gif, jpeg, png, webp
from mediatheque.media.containers.block import Block
from mediatheque.media.containers.exif import UPRIGHT, read_orientation
from mediatheque.media.containers.iso import heif
from mediatheque.media.containers.iso.blocks import find_blocks
from mediatheque.media.decoders import ProbeResult, check_pixels
from mediatheque.media.input_file import InputFile
from mediatheque.media.metadata.reading import read_embedded
from mediatheque.media.spliced_file import Part, SplicedFile

Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit only warns at first; `check_pixels` is used instead
_SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that swap width and height


class ImageHeader(NamedTuple):
    """Metadata from a picture's headers."""

    width: int
    height: int
    """Before the orientation is applied."""

    frames: int
    orientation: int = UPRIGHT
    """As in EXIF: 1 is upright."""

    parts: list[Part] | None = None
    """What a decoder is given; None for the whole file."""

    blocks: Sequence[Block] = ()
    """What says something about the picture."""


def probe_image(source: InputFile, mime: str, config: SandboxConfig) -> ProbeResult:
    """Return the size with the orientation applied, and what the picture says of itself. Raises `Unreadable`."""
    header = read_header(source, mime, config)
    width, height = header.width, header.height
    if header.orientation in _SIDEWAYS:
        width, height = height, width
    return ProbeResult(mime, width, height, embedded=read_embedded(source, header.blocks))


def open_parts(source: InputFile, parts: list[Part] | None) -> BufferedReader:
    """Open the parts of the file, or the whole file. The caller closes it."""
    return source.open_file() if parts is None else BufferedReader(SplicedFile(source, parts))


def read_header(source: InputFile, mime: str, config: SandboxConfig) -> ImageHeader:
    """Read the headers without decoding pixels. Raises `Unreadable`, also for a picture that is too large."""
    with map_decoder_errors():
        header = _READERS[mime](source)
    width, height, frames, *_ = header
    check_pixels(width, height, config.max_pixels)
    if frames > config.max_frames or frames * width * height > config.max_animation_pixels:
        raise Unreadable(f"The animation is too large: {frames} frames of {width} x {height}.")
    return header


def _jpeg(source: InputFile) -> ImageHeader:
    header = jpeg.read_header(source)
    with open_parts(source, header.parts) as file, JpegImageFile(file) as image:
        return ImageHeader(*image.size, 1, header.orientation, header.parts, header.blocks)


def _png(source: InputFile) -> ImageHeader:
    metadata = png.read_metadata(source)
    size = metadata.header.width, metadata.header.height
    return ImageHeader(*size, metadata.frames, metadata.orientation or UPRIGHT, metadata.parts, metadata.blocks)


def _gif(source: InputFile) -> ImageHeader:
    frames = gif.count_frames(source)
    with source.open_file() as file, GifImageFile(file) as image:
        return ImageHeader(*image.size, frames)


def _webp(source: InputFile) -> ImageHeader:
    metadata = webp.read_metadata(source)
    orientation = read_orientation(metadata.exif)
    size = metadata.width, metadata.height
    return ImageHeader(*size, metadata.frames, orientation, metadata.parts(), metadata.blocks)


def _avif(source: InputFile) -> ImageHeader:
    """AVIF stores the orientation in the container, which Pillow returns as that of EXIF."""
    parts = heif.read_parts(source)
    with open_parts(source, parts) as file, AvifImageFile(file) as image:
        orientation = read_orientation(image.info.get("exif", b""))
        return ImageHeader(*image.size, image.n_frames, orientation, parts, find_blocks(source))


def _heic(source: InputFile) -> ImageHeader:
    """HEIF stores the orientation in the container, and libheif returns the size with it applied."""
    parts = heif.read_parts(source)
    with open_parts(source, parts) as file, HeifImageFile(file) as image:  # type: ignore[no-untyped-call]  # published without types
        frames = getattr(image, "n_frames", 1)
        return ImageHeader(*image.size, frames, UPRIGHT, parts, find_blocks(source))


_READERS: dict[str, Callable[[InputFile], ImageHeader]] = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/avif": _avif,
    "image/heic": _heic,
}


@contextmanager
def map_decoder_errors() -> Iterator[None]:
    """Turn what Pillow raises for damaged files, and for too little memory, into `Unreadable`."""
    try:
        yield
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, RuntimeError) as error:
        if "memory" in str(error).lower():  # libavif and libheif say so; their exceptions are those for damage
            raise Unreadable("The picture needs too much memory to decode. Please upload a smaller one.") from error
        raise Unreadable("The picture is damaged and cannot be opened. Please save it anew.") from error
