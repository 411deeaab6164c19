"""Rewrites a graph with weights of 8 bits so that it multiplies 8-bit numbers.

The graph as shipped converts each matrix to floats when it is loaded, and every run reads those: four times the memory
and, for the few words of a query, twice the time.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from mediatheque.embedding.errors import ModelError

_ZERO_POINT = 128  # unsigned: sums of two products of signed bytes overflow on processors before AVX-512 VNNI


class _Dequantized(NamedTuple):
    """Floats that a graph computes by `Mul(Cast(stored), scale)`, with a scale for each column of a matrix, or row."""

    stored: str
    scale: str


def quantized(model: bytes) -> bytes:
    """Return the graph with products and look-ups of 8-bit weights. Raises ModelError when it has no such weights."""
    found = onnx.load_from_string(model)
    graph = found.graph
    constants = {constant.name: constant for constant in graph.initializer}
    dequantized = dict(_dequantized(graph, constants))
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in dequantized:
            nodes += _product(graph, node, dequantized[node.input[1]], constants)
        elif node.op_type == "Gather" and node.input[0] in dequantized:
            nodes += _rows(node, dequantized[node.input[0]])
        else:
            nodes.append(node)
    if len(nodes) == len(graph.node):
        raise ModelError("The text model has no weights in bytes.")
    _replace(graph, nodes)
    found.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    made: bytes = found.SerializeToString()
    return made


def _dequantized(graph: onnx.GraphProto, constants: dict[str, onnx.TensorProto]) -> Iterator[tuple[str, _Dequantized]]:
    made_by = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        cast = made_by.get(node.input[0]) if node.op_type == "Mul" else None
        if cast and cast.op_type == "Cast" and node.input[1] in constants:
            stored = constants.get(cast.input[0])
            if stored and stored.data_type == onnx.TensorProto.INT8:
                yield node.output[0], _Dequantized(stored.name, node.input[1])


def _product(
    graph: onnx.GraphProto, node: onnx.NodeProto, weights: _Dequantized, constants: dict[str, onnx.TensorProto]
) -> list[onnx.NodeProto]:
    """Replace a matrix product by DynamicQuantizeMatMul.

    https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
    """
    stored = numpy_helper.to_array(constants[weights.stored]).astype(np.int16)
    scale = numpy_helper.to_array(constants[weights.scale]).reshape(-1)
    parts: dict[str, NDArray[np.generic]] = {
        "bytes": (stored + _ZERO_POINT).astype(np.uint8),
        "scales": scale,
        "zero_points": np.full(scale.shape, _ZERO_POINT, np.uint8),
    }
    names = [f"{weights.stored}_{part}" for part in parts]
    graph.initializer.extend(map(numpy_helper.from_array, parts.values(), names))
    return [
        helper.make_node("DynamicQuantizeMatMul", [node.input[0], *names], list(node.output), domain="com.microsoft")
    ]


def _rows(node: onnx.NodeProto, weights: _Dequantized) -> list[onnx.NodeProto]:
    """Look rows up first and dequantize those, instead of all."""
    asked, output = node.input[1], node.output[0]
    return [
        helper.make_node("Gather", [weights.stored, asked], [f"{output}_bytes"]),
        helper.make_node("Gather", [weights.scale, asked], [f"{output}_scales"]),
        helper.make_node("Cast", [f"{output}_bytes"], [f"{output}_wide"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [f"{output}_wide", f"{output}_scales"], [output]),
    ]


def _replace(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> None:
    """Replace the nodes, and drop nodes and constants that no output needs."""
    wanted = {output.name for output in graph.output}
    kept: list[onnx.NodeProto] = []
    for node in reversed(nodes):  # in a graph's order, a node comes after its inputs
        if wanted.intersection(node.output):
            wanted.update(node.input)
            kept.append(node)
    constants = [constant for constant in graph.initializer if constant.name in wanted]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)
