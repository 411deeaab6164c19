"""The layers of multilingual-e5-small (BERT) as an ONNX graph whose matrices stay at 4 bits.

The operators are onnxruntime's: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mediatheque.embedding.basic.multilingual.model_file import BLOCK, HEADS, HIDDEN, INNER, LAYERS, ModelFile

_EPSILON = 1e-12  # of layer normalisation
_INT8 = 4  # accuracy level of MatMulNBits: what is multiplied is rounded to bytes
_OPSET = 17
_CONTRIB = "com.microsoft"


def build_network(file: ModelFile) -> bytes:
    """Build the graph: `words` (1, n, 384), of which the embeddings are the sums, to `mean` (1, 384)."""
    graph = _Graph(file)
    graph.network()
    return bytes(graph.model().SerializeToString())


class _Graph:
    """The nodes so far."""

    def __init__(self, file: ModelFile) -> None:
        self._file = file
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def network(self) -> None:
        scale, shift = self._floats("emb.ln.w"), self._floats("emb.ln.b")
        last = self._node("LayerNormalization", ["words", scale, shift], domain="", epsilon=_EPSILON)
        for layer in range(LAYERS):
            last = self._layer(f"l{layer}", last)
        self._node("ReduceMean", [last], "mean", domain="", axes=[1], keepdims=0)

    def model(self) -> onnx.ModelProto:
        words = helper.make_tensor_value_info("words", TensorProto.FLOAT, [1, "n", HIDDEN])
        mean = helper.make_tensor_value_info("mean", TensorProto.FLOAT, [1, HIDDEN])
        graph = helper.make_graph(self._nodes, "multilingual-e5-small", [words], [mean], self._constants)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def _layer(self, name: str, entered: str) -> str:
        parts = [self._product(f"{name}.{part}", entered, HIDDEN) for part in "qkv"]
        bias = self._constant(
            f"{name}.qkv.b", np.concatenate([self._file.floats(f"{name}.{part}.b") for part in "qkv"])
        )
        attended = self._node("MultiHeadAttention", [*parts, bias], num_heads=HEADS)
        attention = self._normalized(
            f"{name}.aln", self._product(f"{name}.ao", attended, HIDDEN), entered, f"{name}.ao.b"
        )
        inner = self._node("BiasGelu", [self._product(f"{name}.fi", attention, HIDDEN), self._floats(f"{name}.fi.b")])
        return self._normalized(f"{name}.oln", self._product(f"{name}.fo", inner, INNER), attention, f"{name}.fo.b")

    def _normalized(self, norm: str, found: str, skipped: str, bias: str) -> str:
        """Normalise the sum of what was found, what skipped it, and a bias."""
        inputs = [found, skipped, *map(self._floats, (f"{norm}.w", f"{norm}.b", bias))]
        return self._node("SkipLayerNormalization", inputs, epsilon=_EPSILON)

    def _product(self, name: str, left: str, columns: int) -> str:
        blocks = self._file.blocks(f"{name}.w", columns)
        weights = self._constant(f"{name}.w", _in_order(blocks["halves"]))
        scales = self._constant(f"{name}.scales", blocks["scale"].astype(np.float32).reshape(-1))
        return self._node(
            "MatMulNBits",
            [left, weights, scales],
            K=columns,
            N=len(blocks),
            bits=4,
            block_size=BLOCK,
            accuracy_level=_INT8,
        )

    def _floats(self, name: str) -> str:
        return self._constant(name, self._file.floats(name))

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def _node(
        self, kind: str, inputs: list[str], output: str = "", *, domain: str = _CONTRIB, **attributes: Any
    ) -> str:
        output = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output


def _in_order(halves: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put neighbouring weights into one byte: the file has weight i beside weight i + 16."""
    low, high = halves & 0x0F, halves >> 4
    return np.concatenate([low[..., ::2] | low[..., 1::2] << 4, high[..., ::2] | high[..., 1::2] << 4], axis=-1)
