"""Models as exporters write them give the vectors that transformers and open_clip give."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mediatheque.embedding import open_embedder
from mediatheque.embedding.clip.onnx_file import OnnxFile
from mediatheque.embedding.embedder import Embedder
from mediatheque.embedding.errors import ModelError
from tests.embedding import layouts
from tests.embedding.exports import DEVIATION, DIMENSIONS, MEAN, TEXTS, image_graph, save, text_graph, write
from tests.embedding.photos import gallery

MODELS = pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda layout: layout.__name__)
SIDES = ((300, 401), (301, 200), (99, 100), (640, 427), (47, 50))


def opened(folder: Path) -> Embedder:
    return open_embedder(f"onnx-clip:{folder}", folder)


def cosines(rows: NDArray[np.float32], expected: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.array([row @ each / np.linalg.norm(each) for row, each in zip(rows, expected, strict=True)])


@MODELS
def test_texts_have_the_vectors_of_the_reference(layout: Callable[[Path], layouts.Reference], tmp_path: Path) -> None:
    reference = layout(tmp_path)
    assert cosines(opened(tmp_path).texts(TEXTS), [reference.text(text) for text in TEXTS]).min() > 0.9999


@MODELS
def test_images_have_the_vectors_of_the_reference(layout: Callable[[Path], layouts.Reference], tmp_path: Path) -> None:
    reference = layout(tmp_path)
    photo = gallery()["chelsea"]
    noise = np.random.RandomState(5).randint(0, 256, (640, 640, 3)).astype(np.uint8)
    pictures = [np.ascontiguousarray(source[:h, :w]) for source in (photo, noise) for h, w in SIDES]
    assert cosines(opened(tmp_path).images(pictures), [reference.image(each) for each in pictures]).min() > 0.9999


def test_texts_are_not_filled_where_a_mask_or_the_end_token_makes_that_useless(tmp_path: Path) -> None:
    """A graph that is told its filling answers the same, only later."""
    layouts.transformers(tmp_path)
    graph = text_graph(given="input_ids", made="text_embeds", shape=layouts.FREE)  # the filling would be heard
    save(graph, tmp_path / "onnx/text_model.onnx")
    reference = layouts.Reference(layouts.as_written, lambda _: np.zeros(1))
    assert cosines(opened(tmp_path).texts(TEXTS), [reference.text(text) for text in TEXTS]).min() > 0.9999


def test_siglip_hears_its_padding_whatever_its_graph_takes(tmp_path: Path) -> None:
    reference = layouts.siglip(tmp_path)
    graph = text_graph(given="input_ids", made="pooler_output", shape=layouts.FREE, mask=True)
    save(graph, tmp_path / "text_model.onnx")
    assert cosines(opened(tmp_path).texts(TEXTS), [reference.text(text) for text in TEXTS]).min() > 0.9999


@pytest.mark.parametrize("batch", [1, 2])
def test_fixed_batch_is_filled(batch: int, tmp_path: Path) -> None:
    reference = layouts.transformers(tmp_path)
    shape = (batch, "sequence")
    save(text_graph(given="input_ids", made="text_embeds", shape=shape, mask=True), tmp_path / "onnx/text_model.onnx")
    image = image_graph(given="pixel_values", made="image_embeds", side=48, batch=batch)
    save(image, tmp_path / "onnx/vision_model.onnx")
    picture = gallery()["chelsea"]
    embedder = opened(tmp_path)
    assert cosines(embedder.texts(TEXTS), [reference.text(text) for text in TEXTS]).min() > 0.9999
    assert cosines(embedder.images([picture] * 3), [reference.image(picture)] * 3).min() > 0.9999


def test_tower_is_cut_out_of_a_file_of_both(tmp_path: Path) -> None:
    """A text is encoded without the picture model's weights, also where these lie in another file."""
    reference = layouts.optimum(tmp_path)
    model = onnx.load_model(tmp_path / "model.onnx")
    model.graph.initializer.append(numpy_helper.from_array(np.ones((1000, 1000), np.float32), "heavy"))
    model.graph.node.append(helper.make_node("Identity", ["heavy"], ["unused"]))
    onnx.save_model(
        model, tmp_path / "model.onnx", save_as_external_data=True, location="model.onnx_data", size_threshold=1024
    )
    tower = OnnxFile(tmp_path / "model.onnx").tower("text_embeds")
    assert isinstance(tower, bytes)
    graph = onnx.load_from_string(tower).graph
    assert {value.name for value in graph.input} == {"input_ids", "attention_mask"}
    assert {"table"} < {weights.name for weights in graph.initializer}
    assert not {"heavy", "steps"} & {weights.name for weights in graph.initializer}
    assert cosines(opened(tmp_path).texts(TEXTS), [reference.text(text) for text in TEXTS]).min() > 0.9999


def test_model_that_normalises_by_itself_is_given_bytes(tmp_path: Path) -> None:
    reference = layouts.immich(tmp_path)
    picture = gallery()["chelsea"]
    expected = reference.image(picture)
    graph = image_graph(given="planes", made="embedding", side=48)
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 48, 48, 3]))
    for name, value in (("scale", 255 * np.array(DEVIATION)), ("shift", 255 * np.array(MEAN))):
        graph.initializer.append(numpy_helper.from_array(value.astype(np.float32), name))
    for at, node in enumerate((
        helper.make_node("Cast", ["image"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["numbers", "shift"], ["shifted"]),
        helper.make_node("Div", ["shifted", "scale"], ["normal"]),
        helper.make_node("Transpose", ["normal"], ["planes"], perm=[0, 3, 1, 2]),
    )):  # fmt: skip
        graph.node.insert(at, node)
    save(graph, tmp_path / "visual/model.onnx")
    assert cosines(opened(tmp_path).images([picture]), [expected]).min() > 0.9999


def test_parsed_graph_does_not_stay_in_memory(tmp_path: Path) -> None:
    layouts.transformers(tmp_path)
    for name in ("onnx/text_model.onnx", "onnx/vision_model.onnx"):
        model = onnx.load_model(tmp_path / name)
        model.graph.initializer.append(numpy_helper.from_array(np.ones(15_000_000, np.float32), "heavy"))
        onnx.save_model(model, tmp_path / name)
    del model
    opened(tmp_path)  # what the libraries take once
    before = resident_megabytes()
    embedders = [opened(tmp_path) for _ in range(2)]
    assert resident_megabytes() - before < 60, f"each of {len(embedders)} has 120 MB of weights"


def resident_megabytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20


def test_frame_edge_follows_the_model(tmp_path: Path) -> None:
    edges = []
    for side in (224, 384, 512):
        folder = tmp_path / str(side)
        layouts.transformers(folder, side)
        edges.append(opened(folder).frame_edge)
    assert edges == [288, 494, 658]


@pytest.mark.parametrize("towers", [("text",), ("image",), ("text", "image")])
def test_undeclared_dimensions_that_differ_are_told_in_a_sentence(towers: tuple[str, ...], tmp_path: Path) -> None:
    layouts.transformers(tmp_path)
    file = tmp_path / "onnx/text_model.onnx"
    model = onnx.load_model(file)
    (table,) = [each for each in model.graph.initializer if each.name == "table"]
    table.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(table)[:, :99].copy(), "table"))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 99
    onnx.save_model(model, file)
    for name in towers:
        path = tmp_path / "onnx" / {"text": "text_model.onnx", "image": "vision_model.onnx"}[name]
        model = onnx.load_model(path)
        model.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "width"
        onnx.save_model(model, path)
    with pytest.raises(ModelError, match=rf"(99|{DIMENSIONS}) dimensions.*(99|{DIMENSIONS}): they are not a pair"):
        embed_both(opened(tmp_path))


def embed_both(embedder: Embedder) -> None:
    embedder.texts(["a cat"])
    embedder.images([np.zeros((9, 9, 3), np.uint8)])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "git lfs pull"),
        (b"<html>Not Found</html>", "is not an ONNX model"),
    ],
)
def test_file_that_is_no_model_is_told_in_a_sentence(content: bytes, says: str, tmp_path: Path) -> None:
    layouts.immich(tmp_path)
    (tmp_path / "visual/model.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=says):
        opened(tmp_path)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_cut_file_is_told_in_a_sentence(kept: float, tmp_path: Path) -> None:
    layouts.optimum(tmp_path)
    file = tmp_path / "model.onnx"
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * kept)])
    with pytest.raises(ModelError, match=r"model\.onnx is not an ONNX model, or not all of one"):
        opened(tmp_path)


def test_other_side_than_configured_is_told_in_a_sentence(tmp_path: Path) -> None:
    layouts.immich(tmp_path)
    write(tmp_path, "config.json", {"vision_cfg": {"image_size": 64}, "text_cfg": {}})
    with pytest.raises(ModelError, match=r"reads pictures of 48 x 48, and preprocess_cfg\.json says 64 x 64"):
        opened(tmp_path)


def test_tokens_without_a_pooled_vector_are_told_in_a_sentence(tmp_path: Path) -> None:
    layouts.transformers(tmp_path)
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])],
        "text",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", 4])],
        [numpy_helper.from_array(np.ones((99, 4), np.float32), "table")],
    )
    save(graph, tmp_path / "onnx/text_model.onnx")
    with pytest.raises(ModelError, match=r"goes from input_ids \(2 axes\) to last_hidden_state \(3 axes\)"):
        opened(tmp_path)


def test_input_that_the_graph_cannot_take_is_told_in_a_sentence(tmp_path: Path) -> None:
    layouts.xlm_roberta(tmp_path)
    write(tmp_path, "config.json", {"model_type": "clip", "text_config": {"max_position_embeddings": 900}})
    with pytest.raises(ModelError, match="The model cannot be run: "):
        opened(tmp_path).texts(["a cat " * 500])


def test_unknown_cleaning_is_told_in_a_sentence(tmp_path: Path) -> None:
    layouts.open_clip(tmp_path)
    content = {"model_cfg": {"text_cfg": {"tokenizer_kwargs": {"clean": "thoroughly"}}}, "preprocess_cfg": {"size": 48}}
    write(tmp_path, "open_clip_config.json", content)
    with pytest.raises(ModelError, match=r"'thoroughly'; whitespace, lower, canonicalize are known"):
        opened(tmp_path)
