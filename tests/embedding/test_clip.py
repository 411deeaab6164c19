"""Pairs of ONNX models from a folder."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from mediatheque.embedding import open_embedder
from mediatheque.embedding.errors import ModelError
from tests.embedding import onnx_pair

RGB = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}
LAYOUTS = pytest.mark.parametrize("layout", ["clip_like", "siglip_like"])


def made(layout: str, folder: Path) -> Path:
    folder.mkdir()
    made: Path = getattr(onnx_pair, layout)(folder)
    return made


def opening(folder: Path):
    return open_embedder(f"onnx-clip:{folder}", folder)


def edited(file: Path, **changes):
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


@LAYOUTS
@pytest.mark.parametrize("case", [str, str.upper])
def test_word_finds_matching_image(layout, case, opened):
    embedder = opened(layout)
    pictures = embedder.images([np.full((30, 20, 3), colour, np.uint8) for colour in RGB.values()])
    for index, word in enumerate(RGB):
        (query,) = embedder.texts([case(word)])
        assert np.argmax(pictures @ query) == index


@LAYOUTS
def test_padding_does_not_change_text_vector(layout, opened):
    embedder = opened(layout)
    (text,), (image,) = embedder.texts(["red"]), embedder.images([np.full((9, 9, 3), RGB["red"], np.uint8)])
    assert text @ image > 0.98


def test_image_is_cropped_or_stretched_as_configured(opened):
    striped = np.full((20, 100, 3), RGB["blue"], np.uint8)
    striped[:, 38:62] = RGB["red"]
    for layout, word in (("clip_like", "red"), ("siglip_like", "blue")):
        embedder = opened(layout)
        (image,) = embedder.images([striped])
        words = embedder.texts(list(RGB))
        assert list(RGB)[np.argmax(words @ image)] == word


@LAYOUTS
def test_name_changes_with_files(layout, tmp_path):
    first, second = made(layout, tmp_path / "a"), made(layout, tmp_path / "b")
    assert opening(first).name == opening(second).name
    assert opening(first).name.startswith("onnx-clip-")
    edited(second / "preprocessor_config.json", resample=0)
    assert opening(first).name != opening(second).name


@LAYOUTS
@pytest.mark.parametrize("name", ["text_model", "vision_model", "tokenizer.json", "preprocessor_config.json"])
def test_a_missing_file_is_named(layout, name, tmp_path):
    folder = made(layout, tmp_path / "model")
    next(folder.rglob(f"{name}*")).unlink()
    with pytest.raises(ModelError, match=name):
        opening(folder)


@LAYOUTS
@pytest.mark.parametrize("name", ["text_model", "vision_model", "tokenizer.json", "preprocessor_config.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe nothing of the kind"])
def test_a_damaged_file_is_named(layout, name, content, tmp_path):
    folder = made(layout, tmp_path / "model")
    next(folder.rglob(f"{name}*")).write_bytes(content)
    with pytest.raises(ModelError, match=name):
        opening(folder)


@LAYOUTS
def test_swapped_graphs_are_refused(layout, tmp_path):
    folder = made(layout, tmp_path / "model")
    text, image = (next(folder.rglob(f"{name}*")) for name in ("text_model", "vision_model"))
    text.rename(folder / "aside")
    image.rename(text)
    (folder / "aside").rename(image)
    with pytest.raises(ModelError, match=r"text_model.*from pixel_values .*to .*should go from input_ids"):
        opening(folder)


def test_mismatched_dimensions_are_refused(tmp_path):
    folder = made("clip_like", tmp_path / "model")
    file = folder / "onnx" / "vision_model.onnx"
    model = onnx.load_model(file)
    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(np.eye(3, 5, dtype=np.float32), "directions"))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 5
    onnx.save_model(model, file)
    with pytest.raises(ModelError, match=r"4 dimensions.* 5: they are not a pair"):
        opening(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"size": {"longest_edge": 9}},
        {"size": "large"},
        {"size": 0},
        {"crop_size": 11},
        {"crop_size": {"height": 8, "width": 6}},
        {"resample": 77},
        {"image_mean": [0.5]},
        {"do_center_crop": False},
    ],
)
def test_unknown_preprocessing_is_refused(changes, tmp_path):
    folder = made("clip_like", tmp_path / "model")
    edited(folder / "preprocessor_config.json", **changes)
    with pytest.raises(ModelError, match=r"preprocessor_config\.json"):
        opening(folder)


@pytest.mark.parametrize("changes", [{"size": 10, "crop_size": 8}, {"size": {"height": 10, "width": 10}}])
def test_older_preprocessing_keys_are_accepted(changes, tmp_path):
    new, old = made("clip_like", tmp_path / "new"), made("clip_like", tmp_path / "old")
    edited(old / "preprocessor_config.json", **changes)
    pixels = [np.random.RandomState(3).randint(0, 256, (40, 90, 3)).astype(np.uint8)]
    assert np.array_equal(opening(new).images(pixels), opening(old).images(pixels))


@pytest.mark.parametrize("spec", ["", "best", "onnx-clip", "onnx-clip:", "basic:x"])
def test_unknown_embedder_is_refused(spec, tmp_path):
    with pytest.raises(ModelError, match=r"There is no embedder .*basic.*onnx-clip"):
        open_embedder(spec, tmp_path)
