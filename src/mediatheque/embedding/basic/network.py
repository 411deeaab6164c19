"""EfficientNet-Lite0 as an ONNX graph.

The network of https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite: B0's blocks without
squeeze-and-excitation, and ReLU6 for swish. Paddings are TensorFlow's SAME: the odd one goes to the right and bottom.
"""

from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mediatheque.embedding.basic.weights import CLASSES, FEATURES, SIDE, NotWeights, Tensors

_EPSILON = 1e-3  # of batch normalisation
_OPSET = 17


class _Stage(NamedTuple):
    repeats: int
    kernel: int
    stride: int  # of the first block; the others have 1
    expansion: int


_STAGES = (
    _Stage(1, 3, 1, 1),
    _Stage(2, 3, 2, 6),
    _Stage(2, 5, 2, 6),
    _Stage(3, 3, 2, 6),
    _Stage(3, 5, 1, 6),
    _Stage(4, 5, 2, 6),
    _Stage(1, 3, 1, 6),
)


def build_network(tensors: Tensors) -> bytes:
    """Build the graph: `pixels` (n, 3, 224, 224), about -1 to 1, to `features` (n, 1280) and `logits` (n, 1000).

    Raises NotWeights when the tensors belong to another network.
    """
    try:
        graph = _Graph(tensors)
        graph.network()
        model = graph.model()
        onnx.checker.check_model(model, full_check=True)
    except (KeyError, ValueError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise NotWeights("The weights are not those of EfficientNet-Lite0.") from error
    return bytes(model.SerializeToString())


class _Graph:
    """The nodes so far; `self._last` is the name of the last output."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._last = "pixels"

    def network(self) -> None:
        self._zero, self._six = self._constant("zero", np.float32(0)), self._constant("six", np.float32(6))
        self._convolution("_conv_stem", "_bn0", stride=2)
        block = 0
        for stage in _STAGES:
            for repeat in range(stage.repeats):
                self._block(f"_blocks.{block}", stage.stride if repeat == 0 else 1, stage.expansion)
                block += 1
        self._convolution("_conv_head", "_bn1")
        self._node("GlobalAveragePool", [self._last])
        self._node("Flatten", [self._last], "features")
        weight, bias = (self._constant(f"_fc.{part}", self._tensors[f"_fc.{part}"]) for part in ("weight", "bias"))
        self._node("Gemm", [self._last, weight, bias], "logits", transB=1)

    def model(self) -> onnx.ModelProto:
        def value(name: str, *shape: int) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])

        outputs = [value("features", FEATURES), value("logits", CLASSES)]
        graph = helper.make_graph(
            self._nodes, "efficientnet-lite0", [value("pixels", 3, SIDE, SIDE)], outputs, self._constants
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)

    def _block(self, name: str, stride: int, expansion: int) -> None:
        entrance, channels = self._last, self._tensors[f"{name}._depthwise_conv.weight"].shape[0] // expansion
        if expansion > 1:
            self._convolution(f"{name}._expand_conv", f"{name}._bn0")
        self._convolution(f"{name}._depthwise_conv", f"{name}._bn1", stride=stride, depthwise=True)
        self._convolution(f"{name}._project_conv", f"{name}._bn2", relu=False)
        if stride == 1 and self._tensors[f"{name}._project_conv.weight"].shape[0] == channels:
            self._node("Add", [self._last, entrance])

    def _convolution(
        self, weights: str, norm: str, *, stride: int = 1, depthwise: bool = False, relu: bool = True
    ) -> None:
        weight, bias = self._folded(self._tensors[f"{weights}.weight"], norm)
        kernel = weight.shape[-1]
        before = (kernel - stride) // 2  # every size is even where the stride is 2
        after = kernel - stride - before
        inputs = [self._last, self._constant(f"{weights}.weight", weight), self._constant(f"{weights}.bias", bias)]
        group = weight.shape[0] if depthwise else 1
        self._node("Conv", inputs, strides=[stride] * 2, pads=[before, before, after, after], group=group)
        if relu:
            self._node("Clip", [self._last, self._zero, self._six])

    def _folded(self, weight: NDArray[Any], norm: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Fold the batch normalisation after a convolution into the weight and bias of the convolution."""
        scale, shift, mean, variance = (
            self._tensors[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + np.float32(_EPSILON))
        return weight * factor[:, None, None, None], shift - mean * factor

    def _constant(self, name: str, array: NDArray[Any] | np.float32) -> str:
        self._constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> None:
        self._last = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [self._last], **attributes))
