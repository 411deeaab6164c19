"""One of the two graphs of a pair."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from mediatheque.embedding.embedder import ModelError, Vectors, l2_normalize
from mediatheque.embedding.session import Session


class OnnxModel:
    """Reads the signature now and the weights at the first run.

    `supported` are the inputs that we can provide, of which the graph must take the first; `outputs` are names of
    embeddings, the best one first. Raises ModelError when the file is not such a graph.
    """

    def __init__(self, file: Path, supported: tuple[str, ...], outputs: tuple[str, ...], threads: int) -> None:
        graph = _graph(file)
        weights = {constant.name for constant in graph.initializer}
        self._inputs = {value.name: value for value in graph.input if value.name not in weights}
        given = {value.name: value for value in graph.output}
        self._output = next((name for name in outputs if name in given), "")
        if supported[0] not in self._inputs or not self._inputs.keys() <= set(supported) or not self._output:
            raise ModelError(
                f"{file} goes from {', '.join(self._inputs)} to {', '.join(given)}; it should go from"
                f" {' and '.join(supported)} to {' or '.join(outputs)}."
            )
        self._session = Session(lambda: file, threads)
        self.dimensions = _shape(given[self._output])[-1]  # 0 when the file does not say

    def shape(self, name: str) -> list[int]:
        """Return the lengths of an input's axes, 0 for free ones."""
        return _shape(self._inputs[name])

    def vector(self, inputs: dict[str, NDArray[Any]]) -> Vectors:
        """Return (dimensions,), of length 1, for one item's inputs; those that the graph does not take are ignored."""
        feeds = {name: inputs[name][None].astype(_kind(value)) for name, value in self._inputs.items()}
        (rows,) = self._session.run([self._output], feeds)
        return l2_normalize(rows[0].astype(np.float32))


def _graph(file: Path) -> onnx.GraphProto:
    try:
        return onnx.load_model(file, load_external_data=False).graph
    except Exception as error:  # protobuf's, which has no types
        raise ModelError(f"{file} is not an ONNX model.") from error


def _shape(value: onnx.ValueInfoProto) -> list[int]:
    return [axis.dim_value for axis in value.type.tensor_type.shape.dim] or [0]


def _kind(value: onnx.ValueInfoProto) -> np.dtype[Any]:
    return helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type or TensorProto.FLOAT)
