"""Real photos of 0.5 to 2 megapixels, as JPEG."""

import io
import random
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from PIL import Image

from bench.payloads import Payload

_FOLDERS = (("skimage", "data"), ("sklearn", "datasets/images"))  # found without the import, which takes a second
_NAMES = "astronaut chelsea coffee motorcycle_left rocket hubble_deep_field retina china flower horse"


def real_photos(count: int) -> Iterator[Payload]:
    """Crops of the same ten, each in another size, some of them mirrored."""
    chance = random.Random(7)
    files = [file for file in _installed_pictures() if file.stem in _NAMES.split()]
    originals = [Image.open(file).convert("RGB") for file in files]
    for number in range(count):
        picture = originals[number % len(originals)]
        width, height = (round(side * chance.uniform(0.5, 1)) for side in picture.size)
        left, top = chance.randint(0, picture.width - width), chance.randint(0, picture.height - height)
        crop = picture.crop((left, top, left + width, top + height))
        scale = (chance.uniform(500_000, 2_000_000) / (width * height)) ** 0.5
        sized = crop.resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
        out = io.BytesIO()
        (sized.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if number % 2 else sized).save(out, "JPEG", quality=85)
        yield Payload(f"{uuid4().hex}.jpg", "image/jpeg", (out.getvalue(),))


def _installed_pictures() -> Iterator[Path]:
    for package, folder in _FOLDERS:
        spec = find_spec(package)
        assert spec
        assert spec.origin
        yield from sorted((Path(spec.origin).parent / folder).iterdir())
