"""Real photos, and other pictures, that scikit-image and scikit-learn carry inside their wheels."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def _installed(package: str) -> Path:
    """The package's folder. To import scikit-learn takes a second."""
    spec = find_spec(package)
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


_FOLDERS = (_installed("skimage") / "data", _installed("sklearn") / "datasets" / "images")


@cache
def gallery() -> dict[str, NDArray[np.uint8]]:
    """All of them by name: photos, textures, micrographs, drawings."""
    files = [file for folder in _FOLDERS for file in sorted(folder.iterdir()) if file.suffix in (".png", ".jpg")]
    return {file.stem: np.asarray(Image.open(file).convert("RGB")) for file in files}
