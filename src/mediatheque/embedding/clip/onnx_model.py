"""One of the two towers of a model, in a file of its own or in one with the other."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from mediatheque.embedding.clip.onnx_file import OnnxFile, Tensor
from mediatheque.embedding.embedder import Vectors, l2_normalize
from mediatheque.embedding.errors import ModelError
from mediatheque.embedding.session import Session

_ROWS = 2  # axes of an array of vectors


class OnnxModel:
    """Reads the inputs and outputs now and the weights at the first run.

    `main` is the name that we give to the input for the item, of so many `axes`, and `others` are what we can provide
    beside it. The graph may call the main one anything. `outputs` are names of embeddings, the best one first; a single
    output may have any name. Raises ModelError when the file is not such a graph.
    """

    def __init__(
        self, path: Path, main: str, axes: int, threads: int, *, outputs: Sequence[str], others: Sequence[str] = ()
    ) -> None:
        self._path = path
        file = OnnxFile(path)
        self._output = next((name for name in outputs if name in file.outputs), "") or _only(file.outputs)
        self._inputs = file.inputs_of(self._output) if self._output else {}
        given = _only(self._inputs.keys() - set(others))
        if not given or not _has_axes(self._inputs[given], axes) or not _has_axes(file.outputs[self._output], _ROWS):
            raise ModelError(
                f"{path} goes from {_described(file.inputs)} to {_described(file.outputs)}; it should go from"
                f" {main} ({axes} axes) to {outputs[0]} ({_ROWS} axes), under whatever names."
            )
        self._main, self._given = main, given
        self.input = self._inputs[given]
        self.dimensions = (*file.outputs[self._output].shape, 0)[1]  # 0 when the file does not say
        self._session = Session(lambda: OnnxFile(path).tower(self._output), threads, path.parent)

    def vector(self, inputs: Mapping[str, NDArray[Any]]) -> Vectors:
        """Return (dimensions,), of length 1, for one item's inputs; those that the graph does not take are ignored.

        Raises ModelError when the graph cannot be run with them, or returns something else than one vector an item.
        """
        batch = (*self.input.shape, 0)[0] or 1  # a fixed batch is filled with the one item
        feeds = {}
        for name, tensor in self._inputs.items():
            item = inputs[self._main if name == self._given else name]
            feeds[name] = np.repeat(item[None].astype(_kind(tensor)), batch, axis=0)
        rows = self._session.run([self._output], feeds)[0]
        if rows.ndim != _ROWS or len(rows) != batch:
            raise ModelError(f"{self._path} returns an array of {rows.shape}, not a vector for each of {batch}.")
        if rows.shape[1] != (self.dimensions or rows.shape[1]):
            raise not_a_pair(self._path, rows.shape[1], self.dimensions)
        return l2_normalize(rows[0].astype(np.float32))


def not_a_pair(path: Path, dimensions: int, others: int) -> ModelError:
    """Return the error that says that the vectors of two towers cannot be compared."""
    return ModelError(
        f"{path} makes vectors of {dimensions} dimensions, the other model of {others}: they are not a pair."
    )


def _only(names: Collection[str]) -> str:
    return next(iter(names)) if len(names) == 1 else ""


def _has_axes(value: Tensor, axes: int) -> bool:
    return len(value.shape) in (0, axes)


def _described(values: Mapping[str, Tensor]) -> str:
    return " and ".join(f"{name} ({len(value.shape)} axes)" for name, value in values.items())


def _kind(value: Tensor) -> np.dtype[Any]:
    return helper.tensor_dtype_to_np_dtype(value.kind or TensorProto.FLOAT)
