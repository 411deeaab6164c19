"""Pictures: the pixels of the first frame."""

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
from mediatheque.media.decoders.rgb import frame_of
from mediatheque.media.frames import Frame, fitted
from mediatheque.media.input_file import InputFile

# Threads each want address space, of which a worker has little; files are decoded side by side in many workers.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1

_PLUGINS: dict[str, Callable[[IO[bytes]], ImageFile]] = {
    "image/jpeg": JpegImageFile,
    "image/png": PngImageFile,
    "image/gif": GifImageFile,
    "image/webp": WebPImageFile,
    "image/avif": AvifImageFile,
    "image/heic": pillow_heif.HeifImageFile,
}

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by EXIF orientation; Pillow turns counter-clockwise


def render_image(source: InputFile, mime: str, config: SandboxConfig, edge: int) -> Frame:
    """Raises Unreadable, for what `images.picture` refuses before anything is decoded."""
    orientation = image_probe.read_header(source, mime, config).orientation
    with image_probe.map_decoder_errors(), source.stream() as file, _PLUGINS[mime](file) as image:
        _draft(image, edge)
        return frame_of(image, edge, _TURNS.get(orientation))


def _draft(image: ImageFile, edge: int) -> None:
    """Lets a JPEG be decoded at an eighth, a quarter or half of its size, but no smaller than twice the frame.

    Of a HEIC this would take the thumbnail inside, which need not look like the picture that is shown.
    """
    if isinstance(image, JpegImageFile):
        width, height = fitted(*image.size, edge)
        image.draft(None, (2 * width, 2 * height))
