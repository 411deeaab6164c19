"""The appearance of a picture: half features of the network, half the layout of light and colour.

By meaning alone, two pictures of one class have nearly the same vector. These dimensions tell them apart, and change
little when a picture is scaled, compressed, brightened or cropped a little.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.basic.weights import FEATURES
from mediatheque.embedding.embedder import Vectors, l2_normalize
from mediatheque.embedding.pixels import Filter, resize

_FEATURE_DIMENSIONS = 32
_LIGHT = 8  # cells across and down
_COLOUR = 4  # cells across and down, twice: blue and red against light
APPEARANCE_FEATURES = _FEATURE_DIMENSIONS + _LIGHT**2 + 2 * _COLOUR**2

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_COLOUR_WEIGHT = 1.5


def appearance(pixels: NDArray[np.uint8], features: NDArray[np.float32]) -> Vectors:
    """Return (128,), of length 1."""
    seen = l2_normalize((features - features.mean()) @ _PROJECTION)
    return l2_normalize(np.concatenate([seen, l2_normalize(_layout(pixels))]))


def _layout(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Subtract the mean from light, so that a brighter copy has the same values, and light from colour."""
    cells = resize(pixels, _LIGHT, _LIGHT, Filter.BOX)
    light = cells @ _LUMINANCE
    coarse = cells.reshape(_COLOUR, _LIGHT // _COLOUR, _COLOUR, _LIGHT // _COLOUR, 3).mean(axis=(1, 3))
    colour = coarse[..., [2, 0]] - coarse.mean(axis=-1, keepdims=True)
    return np.concatenate([(light - light.mean()).ravel(), _COLOUR_WEIGHT * colour.ravel()])


def _projection() -> NDArray[np.float32]:
    """Draw a matrix of random signs, which preserves angles, from a hash: it is the same on every machine."""
    drawn = hashlib.shake_256(b"mediatheque basic-1").digest(FEATURES * _FEATURE_DIMENSIONS // 8)
    bits = np.unpackbits(np.frombuffer(drawn, np.uint8)).reshape(FEATURES, _FEATURE_DIMENSIONS)
    return bits.astype(np.float32) * 2 - 1


_PROJECTION = _projection()
