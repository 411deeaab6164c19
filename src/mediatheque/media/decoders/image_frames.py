"""Pixels of a picture's first frame."""

import math
from collections.abc import Callable
from typing import IO

import pillow_heif
from PIL import AvifImagePlugin, Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders import image_probe
from mediatheque.media.decoders.rgb import to_frame
from mediatheque.media.frames import Frame, fit_size
from mediatheque.media.input_file import InputFile

# Every thread needs address space, which is limited in a worker. Several workers decode in parallel instead.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1

_MAX_HEIC_PIXELS = 100_000_000
"""Libheif and Pillow take 8.5 bytes for each pixel together, and a worker has 1 GiB."""

_MIN_DRAFT_SCALE = 1.5  # of a JPEG that is decoded at a reduced size to its frame; with less, its vector changes

_PLUGINS: dict[str, Callable[[IO[bytes]], ImageFile]] = {
    "image/jpeg": JpegImageFile,
    "image/png": PngImageFile,
    "image/gif": GifImageFile,
    "image/webp": WebPImageFile,
    "image/avif": AvifImageFile,
    "image/heic": pillow_heif.HeifImageFile,
}

_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by EXIF orientation; Pillow rotates counter-clockwise


def render_image(source: InputFile, mime: str, config: SandboxConfig, edge: int) -> Frame:
    """Decode the first frame. Raises `Unreadable`, before decoding when `read_header` does."""
    header = image_probe.read_header(source, mime, config)
    with (
        image_probe.map_decoder_errors(),
        image_probe.open_parts(source, header.parts) as file,
        _PLUGINS[mime](file) as image,
    ):
        _set_draft_size(image, edge)
        return to_frame(image, edge, _TRANSPOSES.get(header.orientation))


def _set_draft_size(image: ImageFile, edge: int) -> None:
    """Make Pillow decode a JPEG at an eighth, a quarter or half of its size, but larger than the frame.

    A HEIC would be decoded as its embedded thumbnail, which may not look like the picture. That is done only where the
    picture itself would not fit into a worker's memory, and the thumbnail has its shape and at least the frame's size.
    """
    width, height = fit_size(*image.size, edge)
    if isinstance(image, JpegImageFile):
        image.draft(None, (math.ceil(_MIN_DRAFT_SCALE * width), math.ceil(_MIN_DRAFT_SCALE * height)))
    elif isinstance(image, pillow_heif.HeifImageFile) and image.width * image.height > _MAX_HEIC_PIXELS:
        image.draft(None, (width, height))
