"""Prompts and settings in ComfyUI's graphs, in all files that its nodes write."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediatheque.media.metadata.generation.comfyui import comfyui
from mediatheque.media.metadata.generation.comfyui.workflow import executed_form
from tests.media.metadata import written
from tests.media.metadata.graphs import BASIC_SAID, FILM_SAID, FLUX_SAID, basic, editors, film, flux, node, refined
from tests.media.metadata.written import MAKE, MODEL, exif_of, generation
from tests.rounds import examples

PROMPT, WORKFLOW = json.dumps(basic()), json.dumps(editors())


def files() -> dict[str, bytes]:
    both = {"prompt": PROMPT, "workflow": WORKFLOW}
    exif = exif_of({MODEL: f"prompt:{PROMPT}", MAKE: f"workflow:{WORKFLOW}"})
    comment = json.dumps({"prompt": PROMPT, "workflow": editors()})
    return {
        "PNG of SaveImage": written.png(both),
        "PNG, packed": written.png(both, packed=True),
        "WebP of SaveAnimatedWEBP": written.saved("WEBP", exif=exif),
        "JPEG": written.saved("JPEG", exif=exif),
        "MP4 of VideoHelperSuite": written.film("mp4", {"comment": comment}),
        "WebM of VideoHelperSuite": written.film("webm", {"comment": comment}),
        "MP4 of SaveVideo": written.film("mp4", both, movflags="use_metadata_tags"),
        "WebM of SaveWEBM": written.film("webm", both),
    }


@pytest.mark.parametrize("kind", files())
def test_graph_is_read_from_every_file(tmp_path, kind):
    said = generation(tmp_path, files()[kind])
    assert said.pop("workflow") == editors()
    assert said == BASIC_SAID


def test_graph_is_not_also_a_camera(tmp_path):
    assert written.read(tmp_path, files()["JPEG"])["data"] == {}


@pytest.mark.parametrize(("graph", "said"), [(basic(), BASIC_SAID), (flux(), FLUX_SAID), (film(), FILM_SAID)])
def test_executed_graph_is_the_workflow_where_there_is_no_other(tmp_path, graph, said):
    found = generation(tmp_path, written.png({"prompt": json.dumps(graph)}))
    assert found.pop("workflow") == graph
    assert found == said


def test_first_sampler_counts_and_texts_are_followed_through_the_graph(tmp_path):
    said = generation(tmp_path, written.png({"prompt": json.dumps(refined())}))
    assert said["prompt"] == "a dog\nin the rain\nby a lake"
    assert said["negative_prompt"] == "watermark"
    assert (said["seed"], said["steps"], said["sampler"]) == (1234, 20, "euler")


def test_editors_graph_alone_is_enough(tmp_path):
    said = generation(tmp_path, written.png({"workflow": WORKFLOW}))
    assert said.pop("workflow") == editors()
    assert said == BASIC_SAID | {"seed": 9}


def test_bypassed_nodes_are_gone_through_and_muted_ones_are_not_there(tmp_path):
    graph = editors()
    reference = {"id": 39, "type": "ReferenceLatent", "mode": 4, "inputs": [{"name": "conditioning", "link": 4}]}
    width = {"id": 50, "type": "PrimitiveNode", "mode": 0, "inputs": [], "widgets_values": [1248, "fixed"]}
    graph["nodes"] += [reference, width]
    graph["nodes"][1]["inputs"] = [{"name": "width", "widget": {"name": "width"}, "link": 9}]
    graph["nodes"][4]["inputs"][1]["link"] = 8
    graph["links"] += [[8, 39, 0, 3, 1, "CONDITIONING"], [9, 50, 0, 5, 0, "INT"]]
    said = generation(tmp_path, written.png({"workflow": json.dumps(graph)}))
    assert (said["prompt"], said["width"], said["height"]) == ("a cat at night", 1248, 768)
    reference["mode"] = 2
    assert "prompt" not in generation(tmp_path, written.png({"workflow": json.dumps(graph)}))


def shown(kind: str, values: list[object], *widgets: str) -> dict[str, object]:
    inputs = [{"name": name, "widget": {"name": name}, "link": None} for name in widgets]
    return {"id": 1, "type": kind, "inputs": inputs, "widgets_values": values}


@pytest.mark.parametrize(
    ("node", "inputs"),
    [
        (shown("Other", ["a cat", 3], "text", "size"), {"text": "a cat", "size": 3}),
        (shown("Other", [5, "fixed", "a cat"], "seed", "text"), {"seed": 5, "text": "a cat"}),
        (shown("Other", ["not named", "a cat", 3], "text"), {}),
        (shown("KSampler", [5, "fixed", 20, 7.5], "steps", "cfg"), {"seed": 5, "steps": 20, "cfg": 7.5}),
        (shown("Other", []), {}),
    ],
)
def test_widgets_are_named_where_it_is_known_which_they_are(node, inputs):
    assert executed_form({"nodes": [node]})["1"]["inputs"] == inputs


def test_size_that_is_computed_is_not_told(tmp_path):
    graph = basic(latent_image=["40", 0]) | {
        "40": node("EmptyLatentImage", width=["41", 0], height=["41", 1], batch_size=1),
        "41": node("GetImageSize", image=["42", 0]),
        "42": node("ImageResize", width=3_000, height=2_000, image=["43", 0]),
    }
    said = generation(tmp_path, written.png({"prompt": json.dumps(graph)}))
    assert not {"width", "height"} & said.keys()


def test_prompt_that_was_zeroed_out_is_none(tmp_path):
    graph = basic(negative=["30", 0]) | {"30": node("ConditioningZeroOut", conditioning=["6", 0])}
    assert "negative_prompt" not in generation(tmp_path, written.png({"prompt": json.dumps(graph)}))


def test_graph_without_a_sampler_has_the_prompt_of_its_node(tmp_path):
    graph = {"1": node("FluxProUltraImageNode", prompt="a cat", seed=3), "2": node("SaveImage", images=["1", 0])}
    assert generation(tmp_path, written.png({"prompt": json.dumps(graph)}))["prompt"] == "a cat"


def test_nan_of_changed_nodes_is_read(tmp_path):
    graph = basic()
    graph["9"]["is_changed"] = [float("nan")]
    said = generation(tmp_path, written.png({"prompt": json.dumps(graph)}))
    assert said["prompt"] == "a cat at night"
    assert said["workflow"]["9"]["is_changed"] == [None]


def circles() -> dict:
    """Every link leads back."""
    graph = {str(n): node("ConditioningCombine", a=[str(n + 1), 0], b=[str(n - 1), 0]) for n in range(1_500)}
    graph["3"] = node("KSampler", seed=["3", 0], steps=["3", 0], positive=["1", 0], negative=["3", 0], model=["3", 0])
    return graph


def crowded() -> dict:
    """Two nodes with thousands of links to each other's outputs."""
    links = {f"text{n}": ["2", n] for n in range(8_000)}
    back = {f"text{n}": ["1", n] for n in range(8_000)}
    return {"1": node("A", **links), "2": node("B", **back), "3": node("KSampler", steps=1, positive=["1", 0])}


@pytest.mark.parametrize("graph", [circles(), crowded()])
def test_graph_in_circles_ends(graph):
    begun = time.process_time()
    assert comfyui.read({"prompt": json.dumps(graph)}) is not None
    assert time.process_time() - begun < 2


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.sampled_from(["1", "positive"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
INPUTS = st.sampled_from(["positive", "negative", "model", "text", "seed", "steps", "guider", "sigmas", "latent_image"])
LINK = st.tuples(st.sampled_from("1234"), st.integers(-1, 3)).map(list)
NODES = st.fixed_dictionaries(
    {"class_type": st.sampled_from(["KSampler", "CLIPTextEncode"]), "inputs": st.dictionaries(INPUTS, LINK | VALUE)}
)


@settings(max_examples=examples(150), deadline=None)
@given(
    prompt=st.dictionaries(st.sampled_from("1234"), NODES | VALUE),
    nodes=st.lists(VALUE, max_size=3) | VALUE,
    links=st.lists(VALUE, max_size=3) | VALUE,
)
def test_no_graph_raises(prompt, nodes, links):
    comfyui.read({"prompt": json.dumps(prompt), "workflow": json.dumps({"nodes": nodes, "links": links})})
    comfyui.read({"workflow": json.dumps({"nodes": nodes, "links": links})})
