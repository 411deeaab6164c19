"""The text model in bytes says what the shipped one says in floats."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from mediatheque.embedding.basic import text
from mediatheque.embedding.basic.quantized import quantized
from mediatheque.embedding.basic.text import TextEncoder
from mediatheque.embedding.errors import ModelError
from mediatheque.embedding.packages import MODEL, package_file
from mediatheque.embedding.session import open_session

TEXTS = ["red", "a cat on a sofa", "the old castle by the river in the evening", "ein Bär", "x" * 500, "word " * 300]


@pytest.fixture(scope="module")
def shipped_in_floats(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_quantize", lambda content: content)
        model = TextEncoder(tmp_path_factory.mktemp("floats"), 1)
        return np.stack([model.vector(each) for each in TEXTS])


def test_quantized_vectors_are_close_to_float_vectors(shipped_in_floats: NDArray[np.float32], tmp_path: Path) -> None:
    model = TextEncoder(tmp_path, 1)
    vectors = np.stack([model.vector(each) for each in TEXTS])
    assert (vectors * shipped_in_floats).sum(axis=1).min() > 0.98
    angles = vectors @ vectors.T - shipped_in_floats @ shipped_in_floats.T
    assert np.abs(angles).max() < 0.06


def test_weights_stay_8_bit() -> None:
    graph = onnx.load_from_string(quantized(package_file(*MODEL).read_bytes())).graph
    stored = {TensorProto.INT8: 0, TensorProto.UINT8: 0, TensorProto.FLOAT: 0}
    for constant in graph.initializer:
        if constant.data_type in stored:
            stored[constant.data_type] += int(np.prod(constant.dims))
    assert stored[TensorProto.UINT8] > 10_000_000, "the layers"
    assert stored[TensorProto.INT8] > 11_000_000, "the vocabulary"
    assert stored[TensorProto.FLOAT] < 300_000
    assert sum(node.op_type == "DynamicQuantizeMatMul" for node in graph.node) == 36


def test_graph_without_8_bit_weights_is_refused() -> None:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value], [value])
    with pytest.raises(ModelError, match="no weights in bytes"):
        quantized(helper.make_model(graph).SerializeToString())


def test_products_and_rows_by_hand() -> None:
    """A matrix with a scale for each column, and rows with a scale each."""
    matrix = np.array([[127, -127, 3], [-128, 64, 0]], np.int8)
    columns, rows = np.array([[0.5, 2, 0.01]], np.float32), np.array([[0.5], [3]], np.float32)
    nodes = [
        helper.make_node("Cast", ["m"], ["mf"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["mf", "columns"], ["mw"]),
        helper.make_node("MatMul", ["x", "mw"], ["product"]),
        helper.make_node("Mul", ["mf", "rows"], ["rw"]),
        helper.make_node("Gather", ["rw", "ids"], ["taken"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2]),
            helper.make_tensor_value_info("ids", TensorProto.INT64, [2]),
        ],
        [
            helper.make_tensor_value_info("product", TensorProto.FLOAT, [1, 3]),
            helper.make_tensor_value_info("taken", TensorProto.FLOAT, [2, 3]),
        ],
        [
            onnx.numpy_helper.from_array(array, name)
            for name, array in [("m", matrix), ("columns", columns), ("rows", rows)]
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    x, ids = np.array([[1.0, -2.0]], np.float32), np.array([1, 0], np.int64)
    product, taken = open_session(quantized(model.SerializeToString()), 1).run(None, {"x": x, "ids": ids})
    assert np.allclose(product, x @ (matrix * columns), rtol=0.02, atol=0.02)
    assert np.array_equal(taken, (matrix * rows)[ids])
