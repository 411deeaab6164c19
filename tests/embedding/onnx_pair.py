"""Small, real ONNX pairs in the two layouts that exported models have: "red" finds what is red."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

COLOURS = {"red": (1, -1, -1), "green": (-1, 1, -1), "blue": (-1, -1, 1), "white": (1, 1, 1)}
WORDS = ["<unk>", "<pad>", "<start>", "<end>", *COLOURS]
DIMENSIONS = 4
SIDE = 8  # pixels


def clip_like(folder: Path) -> Path:
    """Free length and a mask; the shorter side scaled and the middle cut out; graphs in `onnx/`."""
    _tokenizer(folder, normalizer=Lowercase(), marks=True)
    _json(folder, "tokenizer_config.json", pad_token="<pad>", model_max_length=7)
    _json(folder, "config.json", model_type="clip", text_config={"max_position_embeddings": 7})
    _json(
        folder,
        "preprocessor_config.json",
        size={"shortest_edge": 10},
        crop_size={"height": SIDE, "width": SIDE},
        do_center_crop=True,
        resample=3,
        rescale_factor=1 / 255,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )
    (folder / "onnx").mkdir()
    _masked_text(folder / "onnx" / "text_model.onnx")
    _image(folder / "onnx" / "vision_model.onnx", "image_embeds")
    return folder


def siglip_like(folder: Path) -> Path:
    """64 tokens without a mask, where a wrong filling shows; sides stretched; graphs in the folder, quantized."""
    _tokenizer(folder, normalizer=None, marks=False)
    _json(folder, "tokenizer_config.json", pad_token={"content": "<pad>"}, model_max_length=10**30)
    _json(folder, "config.json", model_type="siglip", text_config={"vocab_size": len(WORDS)})
    _json(
        folder,
        "preprocessor_config.json",
        size={"height": SIDE, "width": SIDE},
        resample=2,
        image_mean=[0.5, 0.5, 0.5],
        image_std=[0.5, 0.5, 0.5],
    )
    _padded_text(folder / "text_model_quantized.onnx")
    _image(folder / "vision_model_quantized.onnx", "pooler_output")
    return folder


def _json(folder: Path, name: str, **content: Any) -> None:
    (folder / name).write_text(json.dumps(content))


def _tokenizer(folder: Path, *, normalizer: Lowercase | None, marks: bool) -> None:
    tokenizer = Tokenizer(WordLevel({word: id for id, word in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    if normalizer:
        tokenizer.normalizer = normalizer
    if marks:
        ids = [(word, WORDS.index(word)) for word in ("<start>", "<end>")]
        tokenizer.post_processor = TemplateProcessing(single="<start> $A <end>", special_tokens=ids)
    tokenizer.save(str(folder / "tokenizer.json"))


def _table(**others: tuple[float, ...]) -> onnx.TensorProto:
    """What each word means: a colour, and a little of a direction that every word has."""
    rows = [(*COLOURS.get(word, others.get(word.strip("<>"), (0, 0, 0))), 0.001) for word in WORDS]
    return numpy_helper.from_array(np.array(rows, np.float32), "table")


def _masked_text(file: Path) -> None:
    """The mean over what the mask leaves; the filling shouts "blue", and must not be heard."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["weights"]),
        helper.make_node("Mul", ["words", "weights"], ["heard"]),
        helper.make_node("ReduceMean", ["heard"], ["text_embeds"], axes=[1], keepdims=0),
    ]
    inputs = [_value(name, TensorProto.INT64, "batch", "sequence") for name in ("input_ids", "attention_mask")]
    constants = [_table(pad=(-9, -9, 9)), numpy_helper.from_array(np.array([-1], np.int64), "last")]
    _save(file, nodes, inputs, _value("text_embeds", TensorProto.FLOAT, "batch", DIMENSIONS), constants)


def _padded_text(file: Path) -> None:
    """The mean over all 64; unknown words, which a wrong filling would be, shout "blue"."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("ReduceMean", ["words"], ["pooler_output"], axes=[1], keepdims=0),
    ]
    inputs = [_value("input_ids", TensorProto.INT64, "batch", 64)]
    outputs = _value("pooler_output", TensorProto.FLOAT, "batch", "width")
    _save(file, nodes, inputs, outputs, [_table(unk=(-9, -9, 9))])


def _image(file: Path, output: str) -> None:
    """The mean colour."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["pixel_values"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["colour"]),
        helper.make_node("MatMul", ["colour", "directions"], [output]),
    ]
    inputs = [_value("pixel_values", TensorProto.FLOAT, "batch", 3, SIDE, SIDE)]
    directions = numpy_helper.from_array(np.eye(3, DIMENSIONS, dtype=np.float32), "directions")
    _save(file, nodes, inputs, _value(output, TensorProto.FLOAT, "batch", DIMENSIONS), [directions])


def _value(name: str, kind: int, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _save(
    file: Path,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    output: onnx.ValueInfoProto,
    constants: list[onnx.TensorProto],
) -> None:
    graph = helper.make_graph(nodes, "pair", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save_model(model, file)
