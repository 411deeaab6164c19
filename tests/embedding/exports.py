"""Small models in the layouts of several exporters, and what transformers or open_clip would say of them.

The graphs are sensitive: a text's vector depends on each token and its place, a picture's on single pixels of the
prepared picture. The references are computed here by Pillow and numpy, in the order of the originals' code.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

POINTS = 16  # of a picture's side that the graph looks at
DIMENSIONS = 3 * POINTS * POINTS
_PLAIN = ("a", "the", "cat", "dog", "house", "red", "Red", "it", "s", "its", "quot", *"&\"'!_-,")
WORDS = ["<s>", "<pad>", "</s>", "<unk>", *_PLAIN]
TEXTS = ["a Red cat", "The dog_house -- it's 42!", "a &quot;red&quot; &amp; “red” cat", "", "a cat " * 400]
TABLE = np.random.RandomState(7).standard_normal((len(WORDS), DIMENSIONS)).astype(np.float32)
MEAN, DEVIATION = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)
OPEN_CLIP = {"mean": MEAN, "std": DEVIATION, "interpolation": "bicubic", "fill_color": 0, "mode": "RGB"}
TRANSFORMERS = {"image_mean": MEAN, "image_std": DEVIATION, "resample": 3, "rescale_factor": 1 / 255}

Pixels = NDArray[np.uint8]


def write(folder: Path, name: str, content: dict[str, Any]) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content))


def tokenizer(folder: Path, **settings: Any) -> None:
    made = Tokenizer(WordLevel({word: id for id, word in enumerate(WORDS)}, unk_token="<unk>"))
    made.pre_tokenizer = Whitespace()
    made.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    folder.mkdir(parents=True, exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    write(folder, "tokenizer_config.json", {"pad_token": "<pad>", **settings})


def tokens(text: str, length: int, *, padded: bool) -> list[int]:
    """What transformers makes of a text that is clean."""
    pieces = [piece for piece, _ in Whitespace().pre_tokenize_str(text)][: length - 2]
    ids = [0, *(WORDS.index(piece) if piece in WORDS else 3 for piece in pieces), 2]
    return ids + [1] * (length - len(ids)) if padded else ids


def text_vector(ids: list[int]) -> NDArray[np.float32]:
    return np.tanh(np.cumsum(TABLE[ids], axis=0)).sum(axis=0)


def image_vector(square: Image.Image) -> NDArray[np.float32]:
    planes = (np.asarray(square, np.float32) / 255 - MEAN) / DEVIATION
    steps = square.height // POINTS, square.width // POINTS
    return planes.transpose(2, 0, 1)[:, :: steps[0], :: steps[1]].ravel().astype(np.float32)


def cropped(pixels: Pixels, side: int, offset: Callable[[int], int]) -> Image.Image:
    """The whole picture scaled, and then cut at whole pixels."""
    image = Image.fromarray(pixels)
    shorter = min(image.size)
    image = image.resize(tuple(int(side * each / shorter) for each in image.size), Image.Resampling.BICUBIC)
    left, top = (offset(each - side) for each in image.size)
    return image.crop((left, top, left + side, top + side))


def text_graph(
    *,
    given: str,
    made: str,
    shape: tuple[int | str, ...],
    mask: bool = False,
    kind: int = TensorProto.INT64,
    nodes: tuple[onnx.NodeProto, ...] = (),
) -> onnx.GraphProto:
    """Of a masked graph the tokens that are masked have no part. `nodes` make `ids` of the input."""
    steps = [
        *(nodes or [helper.make_node("Identity", [given], ["ids"])]),
        helper.make_node("Gather", ["table", "ids"], ["words"]),
        helper.make_node("CumSum", ["words", "one"], ["sums"]),
        helper.make_node("Tanh", ["sums"], ["heard"]),
    ]
    inputs = [helper.make_tensor_value_info(given, kind, shape)]
    if mask:
        inputs.append(helper.make_tensor_value_info("attention_mask", TensorProto.INT64, shape))
        steps.append(helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT))
        steps.append(helper.make_node("Unsqueeze", ["mask", "two"], ["weights"]))
        steps.append(helper.make_node("Mul", ["heard", "weights"], ["counted"]))
    steps.append(helper.make_node("ReduceSum", ["counted" if mask else "heard", "ones"], [made], keepdims=0))
    weights = [
        numpy_helper.from_array(TABLE, "table"),
        numpy_helper.from_array(np.array(1, np.int64), "one"),
        numpy_helper.from_array(np.array([1], np.int64), "ones"),
        numpy_helper.from_array(np.array([2], np.int64), "two"),
    ]
    output = helper.make_tensor_value_info(made, TensorProto.FLOAT, [shape[0], DIMENSIONS])
    return helper.make_graph(steps, "text", inputs, [output], weights)


def image_graph(*, given: str, made: str, side: int, batch: int | str = "batch") -> onnx.GraphProto:
    weights = [
        numpy_helper.from_array(np.array(value, np.int64), name)
        for name, value in (
            ("starts", [0, 0]),
            ("ends", [side, side]),
            ("axes", [2, 3]),
            ("steps", [side // POINTS] * 2),
        )
    ]
    nodes = [
        helper.make_node("Slice", [given, "starts", "ends", "axes", "steps"], ["points"]),
        helper.make_node("Flatten", ["points"], [made]),
    ]
    inputs = [helper.make_tensor_value_info(given, TensorProto.FLOAT, [batch, 3, side, side])]
    output = helper.make_tensor_value_info(made, TensorProto.FLOAT, [batch, DIMENSIONS])
    return helper.make_graph(nodes, "image", inputs, [output], weights)


def joined(*graphs: onnx.GraphProto) -> onnx.GraphProto:
    """One graph of several, as Optimum exports models, with their product beside their outputs."""
    text, image = graphs
    product = [
        helper.make_node("Transpose", [image.output[0].name], ["turned"]),
        helper.make_node("MatMul", [text.output[0].name, "turned"], ["logits_per_text"]),
    ]
    parts: dict[str, list[Any]] = {
        each: [*getattr(text, each), *getattr(image, each)] for each in ("node", "input", "output", "initializer")
    }
    logits = helper.make_tensor_value_info("logits_per_text", TensorProto.FLOAT, ["texts", "images"])
    return helper.make_graph(
        [*parts["node"], *product], "both", parts["input"], [logits, *parts["output"]], parts["initializer"]
    )


def save(graph: onnx.GraphProto, file: Path) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(model, file)
