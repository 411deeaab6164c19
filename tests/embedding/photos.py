"""Real photos, and other pictures, that scikit-image and scikit-learn carry inside their wheels."""

from functools import cache
from pathlib import Path

import numpy as np
import skimage
import sklearn
from numpy.typing import NDArray
from PIL import Image

_FOLDERS = (Path(skimage.__file__).parent / "data", Path(sklearn.__file__).parent / "datasets" / "images")


@cache
def gallery() -> dict[str, NDArray[np.uint8]]:
    """All of them by name: photos, textures, micrographs, drawings."""
    files = [file for folder in _FOLDERS for file in sorted(folder.iterdir()) if file.suffix in (".png", ".jpg")]
    return {file.stem: np.asarray(Image.open(file).convert("RGB")) for file in files}
