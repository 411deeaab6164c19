"""The small frame that a decoder makes of a photo has the vector of the whole photo."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mediatheque.embedding.embedder import Embedder
from mediatheque.media.config import SandboxConfig
from mediatheque.media.decoders.dispatch import render
from tests.embedding.photos import gallery

PICTURES = sorted(name for name, pixels in gallery().items() if min(pixels.shape[:2]) >= 200)[::2]


def test_frame_of_a_jpeg_has_the_vector_of_the_photo(basic: Embedder, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    cosines = {}
    for name in PICTURES:
        file.write_bytes(jpeg(gallery()[name], 0.8))
        (frame,) = render(str(file), "image/jpeg", SandboxConfig(), max_frames=1, edge=basic.frame_edge)
        small = np.frombuffer(frame.pixels, np.uint8).reshape(frame.height, frame.width, 3)
        whole = np.asarray(Image.open(file).convert("RGB"))
        some, other = basic.images([small, whole])
        cosines[name] = float(some @ other)
    assert min(cosines.values()) > 0.98, min(cosines.items(), key=lambda item: item[1])
    assert np.median(list(cosines.values())) > 0.99


def jpeg(pixels: NDArray[np.uint8], megapixels: float) -> bytes:
    """A photo of a camera: scaled to that many pixels, with grain."""
    height, width = pixels.shape[:2]
    scale = (megapixels * 1e6 / (width * height)) ** 0.5
    size = round(width * scale), round(height * scale)
    scaled = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), np.float32)
    grain = np.random.default_rng(1).normal(0, 6, (*scaled.shape[:2], 1))
    out = io.BytesIO()
    Image.fromarray((scaled + grain).clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=88)
    return out.getvalue()
