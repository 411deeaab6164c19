"""What transformers' and open_clip's configurations say of how pictures are prepared, in one form."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec

from mediatheque.embedding.pixels import Filter

RGB = tuple[float, float, float]

_INTERPOLATIONS = {"bicubic": Filter.BICUBIC, "bilinear": Filter.BILINEAR}  # that open_clip knows


class Fit(Enum):
    """How a picture of any aspect ratio becomes one of the model's."""

    CROP = "shortest"  # open_clip's names
    STRETCH = "squash"
    PAD = "longest"


class ImageSettings(msgspec.Struct, kw_only=True):
    """How a picture becomes the array that the model reads."""

    fit: Fit
    height: int
    width: int
    shorter: int
    """The shorter side of the scaled picture that CROP cuts the middle from."""
    offset: Callable[[int], int] = lambda rest: rest // 2
    """Of the pixels beside the middle, how many are left of it or above."""
    fill: int = 0
    """The grey beside a picture that PAD made narrower."""
    resample: Filter
    factor: float = 1 / 255
    mean: RGB
    deviation: RGB


class _Sides(msgspec.Struct):
    shortest_edge: int = 0
    height: int = 0
    width: int = 0


class _Transformers(msgspec.Struct):
    """Fields and defaults of transformers' CLIPImageProcessor and SiglipImageProcessor."""

    size: _Sides | int
    crop_size: _Sides | int | None = None
    do_center_crop: bool | None = None
    resample: int = 3  # Pillow's numbers; 3 is bicubic
    do_rescale: bool | None = True
    rescale_factor: float = 1 / 255
    do_normalize: bool | None = True
    image_mean: RGB = (0.5, 0.5, 0.5)
    image_std: RGB = (0.5, 0.5, 0.5)


class _OpenClip(msgspec.Struct):
    """Fields and defaults of open_clip's PreprocessCfg."""

    size: int | tuple[int, int] = 224
    mean: RGB = (0.48145466, 0.4578275, 0.40821073)
    std: RGB = (0.26862954, 0.26130258, 0.27577711)
    interpolation: str = "bicubic"
    resize_mode: Fit = Fit.CROP
    fill_color: int = 0


def image_settings(content: dict[str, Any], model: dict[str, Any]) -> ImageSettings:
    """Read the configuration of either, and open_clip's of the model. Raises ValueError when it cannot be followed."""
    if content.keys().isdisjoint(("mean", "interpolation", "resize_mode")):
        return _from_transformers(msgspec.convert(content, _Transformers))
    return _from_open_clip(msgspec.convert(content, _OpenClip), model)


def _from_transformers(read: _Transformers) -> ImageSettings:
    size, crop = _as_sides(read.size), _as_sides(read.crop_size or 0)
    cropped = read.crop_size is not None if read.do_center_crop is None else read.do_center_crop
    shorter = size.shortest_edge or (size.height if cropped and size.height == size.width else 0)
    height, width = size.height, size.width
    if shorter:
        height = width = (crop.height or crop.shortest_edge) if cropped else 0
        if not 0 < height <= shorter or crop.width != crop.height:
            raise ValueError("it names no size that a square can be cut to")
    return ImageSettings(
        fit=Fit.CROP if shorter else Fit.STRETCH,
        height=_positive(height),
        width=_positive(width),
        shorter=shorter,
        resample=Filter(read.resample),
        factor=read.rescale_factor if read.do_rescale else 1,
        mean=read.image_mean if read.do_normalize else (0, 0, 0),
        deviation=read.image_std if read.do_normalize else (1, 1, 1),
    )


def _from_open_clip(read: _OpenClip, model: dict[str, Any]) -> ImageSettings:
    """The sides are the model's own where it names them, as open_clip has it."""
    vision = model.get("vision_cfg")
    sides = vision.get("image_size") if isinstance(vision, dict) else None
    size = msgspec.convert(sides or read.size, int | tuple[int, int])
    height, width = (size, size) if isinstance(size, int) else size
    if read.interpolation not in _INTERPOLATIONS:
        raise ValueError(f"it asks for {read.interpolation!r}, and bicubic and bilinear are supported")
    if read.resize_mode is Fit.CROP and height != width:
        raise ValueError("it names no square, and squares alone are cut")
    return ImageSettings(
        fit=read.resize_mode,
        height=_positive(height),
        width=_positive(width),
        shorter=height,
        offset=lambda rest: round(rest / 2),
        fill=read.fill_color,
        resample=_INTERPOLATIONS[read.interpolation],
        mean=read.mean,
        deviation=read.std,
    )


def _positive(side: int) -> int:
    if side < 1:
        raise ValueError("it names no size")
    return side


def _as_sides(size: _Sides | int) -> _Sides:
    return _Sides(shortest_edge=size) if isinstance(size, int) else size
