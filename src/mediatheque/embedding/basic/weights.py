"""Tensors of a file that `torch.save` wrote, read without torch and without calling what the pickle names.

The format is the older of torch's two (before 1.6), which our weights have: three pickles of headers, a pickle of the
tensors' shapes, a pickle of the storages' keys, and each storage's length (int64) and numbers, little-endian.
"""

import io
import math
import pickle
from collections import OrderedDict
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.errors import ModelError

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_KINDS = {"FloatStorage": "<f4", "LongStorage": "<i8"}

SIDE = 224
"""Pixels of each side of the square that EfficientNet-Lite0 reads."""
FEATURES = 1280
"""Numbers that it computes of a picture, and of which it computes the classes."""
CLASSES = 1000

Tensors: TypeAlias = dict[str, NDArray[Any]]


class NotWeights(ModelError):
    """The file is not one that `torch.save` writes of a model's weights."""


class _Storage(NamedTuple):
    kind: str
    key: str
    length: int


class _Unpickler(pickle.Unpickler):
    """Resolves only the four names that weights need, each to plain data or to a function defined here.

    What it resolves to is new for each use, or immutable, so that a pickle can alter nothing that outlives it.
    """

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda *described: described
        if module == "torch" and name in _KINDS:
            return _KINDS[name]
        raise NotWeights(f"The weights name {module}.{name}, which no weights need.")

    def persistent_load(self, pid: Any) -> _Storage:
        match pid:
            case ("storage", str(kind), str(key), "cpu", int(length), None) if kind in _KINDS.values() and length >= 0:
                return _Storage(kind, key, length)
        raise NotWeights("The weights name an invalid storage.")


def read_tensors(content: bytes) -> Tensors:
    """Return the tensors by name. Raises NotWeights."""
    try:
        return _read(io.BytesIO(content))
    except NotWeights:
        raise
    except Exception as error:  # a pickle can raise anything
        raise NotWeights("The weights are damaged.") from error


def _read(stream: io.BytesIO) -> Tensors:
    if (_load(stream), _load(stream)) != (_MAGIC, _PROTOCOL) or not _load(stream)["little_endian"]:
        raise NotWeights("The weights are in a format that is not known.")
    described = _load(stream)
    kinds = {storage.key: storage for storage, *_ in described.values()}
    storages = {key: _numbers(stream, kinds[key]) for key in _load(stream)}
    return {name: _tensor(storages[storage.key], *place) for name, (storage, *place) in described.items()}


def _load(stream: io.BytesIO) -> Any:
    return _Unpickler(stream).load()


def _numbers(stream: io.BytesIO, storage: _Storage) -> NDArray[Any]:
    length = int.from_bytes(stream.read(8), "little")
    content = stream.read(length * np.dtype(storage.kind).itemsize)
    if length != storage.length:
        raise NotWeights("A storage is not as long as its tensor says.")
    return np.frombuffer(content, storage.kind, length)


def _tensor(
    numbers: NDArray[Any], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> NDArray[Any]:
    span = sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    if min((offset, *size, *stride)) < 0 or offset + span >= len(numbers) or math.prod(size) > len(numbers):
        raise NotWeights("A tensor lies outside its storage.")
    steps = [step * numbers.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(numbers[offset:], size, steps, writeable=False)
