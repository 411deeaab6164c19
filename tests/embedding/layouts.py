"""The layouts of exporters: each makes a folder, and says what the reference makes of a text and a picture."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from tests.embedding.exports import (
    OPEN_CLIP,
    TRANSFORMERS,
    WORDS,
    Pixels,
    cropped,
    image_graph,
    image_vector,
    joined,
    save,
    text_graph,
    text_vector,
    tokenizer,
    tokens,
    write,
)

FREE = ("batch", "sequence")


class Reference(NamedTuple):
    """What the model's own library makes of a text, and of a picture."""

    text: Callable[[str], NDArray[np.float32]]
    image: Callable[[Pixels], NDArray[np.float32]]


def floor(rest: int) -> int:
    return rest // 2


def nearest(rest: int) -> int:
    return round(rest / 2)


def transformers(folder: Path, side: int = 48) -> Reference:
    """CLIP of optimum or transformers.js: two graphs with a mask."""
    tokenizer(folder, model_max_length=77)
    write(folder, "config.json", {"model_type": "clip", "text_config": {"model_type": "clip_text_model"}})
    write(folder, "preprocessor_config.json", _crop(side))
    save(text_graph(given="input_ids", made="text_embeds", shape=FREE, mask=True), folder / "onnx/text_model.onnx")
    save(image_graph(given="pixel_values", made="image_embeds", side=side), folder / "onnx/vision_model.onnx")
    return Reference(as_written, lambda pixels: image_vector(cropped(pixels, side, floor)))


def optimum(folder: Path, side: int = 48) -> Reference:
    """One graph for both, and the configuration of transformers 5."""
    reference = transformers(folder, side)
    (folder / "preprocessor_config.json").unlink()
    write(folder, "processor_config.json", {"image_processor": _crop(side), "processor_class": "CLIPProcessor"})
    text = text_graph(given="input_ids", made="text_embeds", shape=FREE, mask=True)
    image = image_graph(given="pixel_values", made="image_embeds", side=side)
    for file in (folder / "onnx").iterdir():
        file.unlink()
    save(joined(text, image), folder / "model.onnx")
    return reference


def siglip(folder: Path, side: int = 48) -> Reference:
    """SigLIP of transformers: no mask, so that texts have to be filled."""
    tokenizer(folder, model_max_length=64, tokenizer_class="SiglipTokenizer")
    write(folder, "config.json", {"model_type": "siglip", "text_config": {"vocab_size": len(WORDS)}})
    write(folder, "preprocessor_config.json", {"size": {"height": side, "width": side}, **TRANSFORMERS})
    save(text_graph(given="input_ids", made="pooler_output", shape=FREE), folder / "text_model.onnx")
    save(image_graph(given="pixel_values", made="pooler_output", side=side), folder / "vision_model.onnx")
    clean = {
        "a Red cat": "a red cat",
        "The dog_house -- it's 42!": "the doghouse its 42",
        "a &quot;red&quot; &amp; “red” cat": "a quotredquot amp “red” cat",
    }
    return Reference(
        lambda text: text_vector(tokens(clean.get(text, text), 64, padded=True)),
        lambda pixels: image_vector(_stretched(pixels, side)),
    )


def xlm_roberta(folder: Path, side: int = 48) -> Reference:
    """A tower of 514 positions, of which the first two are the padding's, in a configuration that says no more."""
    reference = transformers(folder, side)
    tokenizer(folder, model_max_length=10**30)
    text = {"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}
    write(folder, "config.json", {"model_type": "vision-text-dual-encoder", "text_config": text})
    graph = text_graph(given="input_ids", made="text_embeds", shape=FREE, mask=True, nodes=(
        helper.make_node("CumSum", ["attention_mask", "one"], ["places"]),
        helper.make_node("Add", ["places", "one"], ["positions"]),
        helper.make_node("Gather", ["zeros", "positions"], ["nothing"]),
        helper.make_node("Add", ["input_ids", "nothing"], ["ids"]),
    ))  # fmt: skip
    graph.initializer.append(numpy_helper.from_array(np.zeros(514, np.int64), "zeros"))
    save(graph, folder / "onnx/text_model.onnx")
    return Reference(lambda text: text_vector(tokens(text, 512, padded=False)), reference.image)


def immich(folder: Path, side: int = 48) -> Reference:
    """CLIP of open_clip as Immich lays it out: other names, integers of 32 bits, a fixed length."""
    write(folder, "config.json", _open_clip(side, context_length=77, vocab_size=len(WORDS)))
    tokenizer(folder / "textual")
    write(folder / "visual", "preprocess_cfg.json", {**OPEN_CLIP, "size": [side, side], "resize_mode": "shortest"})
    graph = text_graph(given="text", made="embedding", shape=("batch", 77), kind=TensorProto.INT32)
    save(graph, folder / "textual/model.onnx")
    save(image_graph(given="image", made="embedding", side=side), folder / "visual/model.onnx")
    return Reference(_lowered, lambda pixels: image_vector(cropped(pixels, side, nearest)))


def immich_siglip(folder: Path, side: int = 48) -> Reference:
    """SigLIP in the same layout, whose texts lose their punctuation."""
    immich(folder, side)
    text = {"context_length": 64, "tokenizer_kwargs": {"clean": "canonicalize"}, "hf_tokenizer_name": "x"}
    write(folder, "config.json", _open_clip(side, **text, no_causal_mask=True, pool_type="last"))
    write(folder / "visual", "preprocess_cfg.json", {**OPEN_CLIP, "size": [side, side], "resize_mode": "squash"})
    graph = text_graph(given="text", made="embedding", shape=("batch", 64), kind=TensorProto.INT32)
    save(graph, folder / "textual/model.onnx")
    return Reference(_canonical, lambda pixels: image_vector(_stretched(pixels, side)))


def open_clip(folder: Path, side: int = 48) -> Reference:
    """SigLIP with the configuration that open_clip uploads, pictures on grey, and a length that is free."""
    tokenizer(folder)
    text = {"context_length": 64, "tokenizer_kwargs": {"clean": "canonicalize"}, "hf_tokenizer_name": "x"}
    model = _open_clip(side, **text, no_causal_mask=True, pool_type="last")
    preprocessing = {**OPEN_CLIP, "fill_color": 90, "resize_mode": "longest"}
    write(folder, "open_clip_config.json", {"model_cfg": model, "preprocess_cfg": preprocessing})
    save(text_graph(given="tokens", made="features", shape=FREE), folder / "text_model.onnx")
    save(image_graph(given="pixels", made="features", side=side), folder / "vision_model.onnx")
    return Reference(_canonical, lambda pixels: image_vector(_on_grey(pixels, side)))


def open_clip_of_one_length(folder: Path, side: int = 48) -> Reference:
    """CLIP whose graph names the length as free, and takes 77 alone."""
    open_clip(folder, side)
    model = _open_clip(side, vocab_size=len(WORDS))
    write(folder, "open_clip_config.json", {"model_cfg": model, "preprocess_cfg": OPEN_CLIP})
    reshape = helper.make_node("Reshape", ["tokens", "length"], ["ids"])
    graph = text_graph(given="tokens", made="features", shape=FREE, nodes=(reshape,))
    graph.initializer.append(numpy_helper.from_array(np.array([-1, 77], np.int64), "length"))
    save(graph, folder / "text_model.onnx")
    return Reference(_lowered, lambda pixels: image_vector(cropped(pixels, side, nearest)))


LAYOUTS = (transformers, optimum, siglip, xlm_roberta, immich, immich_siglip, open_clip, open_clip_of_one_length)


def _crop(side: int) -> dict[str, object]:
    sides = {"height": side, "width": side}
    return {"size": {"shortest_edge": side}, "crop_size": sides, "do_center_crop": True, **TRANSFORMERS}


def _open_clip(side: int, **text: object) -> dict[str, object]:
    return {"embed_dim": 768, "vision_cfg": {"image_size": side}, "text_cfg": text}


def as_written(text: str) -> NDArray[np.float32]:
    return text_vector(tokens(text, 77, padded=False))


def _lowered(text: str) -> NDArray[np.float32]:
    clean = {
        "a Red cat": "a red cat",
        "The dog_house -- it's 42!": "the dog_house -- it's 42!",
        "a &quot;red&quot; &amp; “red” cat": 'a "red" & "red" cat',
    }
    return text_vector(tokens(clean.get(text, text), 77, padded=True))


def _canonical(text: str) -> NDArray[np.float32]:
    clean = {
        "a Red cat": "a red cat",
        "The dog_house -- it's 42!": "the dog house its 42",
        "a &quot;red&quot; &amp; “red” cat": "a red red cat",
    }
    return text_vector(tokens(clean.get(text, text), 64, padded=True))


def _stretched(pixels: Pixels, side: int) -> Image.Image:
    return Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)


def _on_grey(pixels: Pixels, side: int) -> Image.Image:
    image = Image.fromarray(pixels)
    width, height = (round(each / (max(image.size) / side)) for each in image.size)
    grey = Image.new("RGB", (side, side), (90, 90, 90))
    scaled = image.resize((width, height), Image.Resampling.BICUBIC)
    grey.paste(scaled, ((side - width) // 2, (side - height) // 2))
    return grey
