"""A decoded picture of whatever colours, as a frame: small, RGB, over white."""

from PIL import Image

from mediatheque.media.frames import Frame, fitted

_READY = frozenset({"L", "RGB", "CMYK"})  # opaque, and averaged as they are
_GAP = 2.0  # shrink by whole boxes first, to this many times the size: as good, and far quicker
_WHITE = (255, 255, 255)


def frame_of(image: Image.Image, edge: int, turn: Image.Transpose | None = None) -> Frame:
    """Loads, shrinks and turns the picture. It is made RGB last, when there is least of it."""
    small = _shrinkable(image).resize(fitted(*image.size, edge), Image.Resampling.BICUBIC, reducing_gap=_GAP)
    shown = _over_white(small) if small.mode == "RGBA" else small.convert("RGB")
    if turn is not None:
        shown = shown.transpose(turn)
    return Frame(*shown.size, shown.tobytes())


def _shrinkable(image: Image.Image) -> Image.Image:
    """In colours that can be averaged; Pillow weighs those of RGBA by their opacity."""
    image.load()
    if image.mode == "I;16":
        return _halved(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in _READY else image.convert("RGB")


def _halved(image: Image.Image) -> Image.Image:
    """8 of the 16 bits of a grey picture. Pillow would cut off what is brighter than 255."""
    image.info.pop("transparency", None)  # a single shade of grey, and of 16 bits
    return image.point(lambda grey: grey * (1 / 256)).convert("L")


def _over_white(picture: Image.Image) -> Image.Image:
    page = Image.new("RGB", picture.size, _WHITE)
    page.paste(picture, mask=picture)
    return page
