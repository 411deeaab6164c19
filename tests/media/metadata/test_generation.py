"""The parameters that other generators write, in the files that they write."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediatheque.media.metadata.generation import recognise
from mediatheque.media.metadata.generation.automatic1111 import parse
from tests.media.metadata import written
from tests.media.metadata.written import MAKER_NOTE, SOFTWARE, USER_COMMENT, exif_of, generation
from tests.rounds import examples

PARAMETERS = (
    "masterpiece, a cät at night,\n(moon:1.2)\nNegative prompt: ugly,\nblurry\n"
    "Steps: 30, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 123456789012, Size: 832x1216, "
    'Model hash: abc, Model: juggernaut, Lora hashes: "a: 1, b: 2", Version: {version}'
)
SAID = {
    "tool": "automatic1111",
    "prompt": "masterpiece, a cät at night,\n(moon:1.2)",
    "negative_prompt": "ugly,\nblurry",
    "model": "juggernaut",
    "seed": 123456789012,
    "steps": 30,
    "sampler": "DPM++ 2M",
    "scheduler": "Karras",
    "cfg_scale": 6.5,
    "width": 832,
    "height": 1216,
}
TEXT = PARAMETERS.format(version="v1.10.1")


def automatic1111_files() -> dict[str, bytes]:
    utf_16 = exif_of({}, {USER_COMMENT: b"UNICODE\0" + TEXT.encode("utf-16-be")})  # as piexif dumps it
    other = exif_of({}, {USER_COMMENT: b"UNICODE\0" + TEXT.encode("utf-16-le")})
    return {
        "PNG": written.png({"parameters": TEXT}),
        "PNG, packed": written.png({"parameters": TEXT}, packed=True),
        "PNG with what Latin-1 has not": written.png({"parameters": TEXT.replace("moon", "月")}),
        "JPEG": written.saved("JPEG", exif=utf_16),
        "JPEG, other order": written.saved("JPEG", exif=other),
        "WebP": written.saved("WEBP", exif=utf_16),
        "AVIF": written.saved("AVIF", exif=utf_16.tobytes()),
    }


@pytest.mark.parametrize("kind", automatic1111_files())
def test_automatic1111(tmp_path, kind):
    said = generation(tmp_path, automatic1111_files()[kind])
    assert said | {"prompt": said["prompt"].replace("月", "moon")} == SAID


@pytest.mark.parametrize(
    ("version", "tool"),
    [("f2.0.1v1.10.1-previous-1", "forge"), ("neo", "forge"), ("v1.9", "automatic1111"), ("ComfyUI", "comfyui")],
)
def test_forks_tell_themselves_by_their_version(version, tool):
    found = parse(PARAMETERS.format(version=version))
    assert found
    assert found.tool == tool


def test_prompt_may_lack_everything_else():
    found = parse("a cat\nSteps: 20")
    assert found
    assert (found.prompt, found.negative_prompt, found.steps) == ("a cat", None, 20)
    assert parse("a cat") is None


FOOOCUS = {
    "prompt": "a cat",
    "negative_prompt": "ugly",
    "prompt_expansion": "a cat, cinematic",
    "styles": "['Fooocus V2']",
    "performance": "Speed",
    "steps": 30,
    "resolution": "(896, 1152)",
    "guidance_scale": 4,
    "base_model": "juggernautXL_v8",
    "sampler": "dpmpp_2m_sde_gpu",
    "scheduler": "karras",
    "seed": "4567",
    "metadata_scheme": "fooocus",
    "version": "Fooocus v2.5.5",
}


def fooocus_files() -> dict[str, bytes]:
    text = json.dumps(FOOOCUS)
    exif = exif_of({USER_COMMENT: text, SOFTWARE: "Fooocus v2.5.5", MAKER_NOTE: "fooocus"})
    return {
        "PNG": written.png({"parameters": text, "fooocus_scheme": "fooocus"}),
        "JPEG": written.saved("JPEG", exif=exif),
        "WebP": written.saved("WEBP", exif=exif),
    }


@pytest.mark.parametrize("kind", fooocus_files())
def test_fooocus(tmp_path, kind):
    assert generation(tmp_path, fooocus_files()[kind]) == {
        "tool": "fooocus",
        "prompt": "a cat",
        "negative_prompt": "ugly",
        "model": "juggernautXL_v8",
        "seed": 4567,
        "steps": 30,
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "cfg_scale": 4.0,
        "width": 896,
        "height": 1152,
    }


def test_fooocus_in_the_style_of_automatic1111(tmp_path):
    said = generation(tmp_path, written.png({"parameters": TEXT, "fooocus_scheme": "a1111"}))
    assert said == SAID | {"tool": "fooocus"}


def test_invokeai(tmp_path):
    metadata = {
        "generation_mode": "sdxl_txt2img",
        "positive_prompt": "a cat",
        "negative_prompt": "ugly",
        "width": 1024,
        "height": 768,
        "seed": 42,
        "steps": 25,
        "cfg_scale": 5.5,
        "scheduler": "euler_a",
        "model": {"key": "x", "name": "Dream XL", "base": "sdxl"},
        "app_version": "5.6.0",
    }
    texts = {"invokeai_metadata": json.dumps(metadata), "invokeai_workflow": '{"nodes":[],"edges":[]}'}
    assert generation(tmp_path, written.png(texts)) == {
        "tool": "invokeai",
        "prompt": "a cat",
        "negative_prompt": "ugly",
        "model": "Dream XL",
        "seed": 42,
        "steps": 25,
        "sampler": "euler_a",
        "cfg_scale": 5.5,
        "width": 1024,
        "height": 768,
        "workflow": {"nodes": [], "edges": []},
    }
    graph = {"nodes": {"core_metadata:1": metadata, "other": {}}, "edges": []}
    assert generation(tmp_path, written.png({"invokeai_graph": json.dumps(graph)}))["prompt"] == "a cat"


def test_invokeai_before_version_3(tmp_path):
    image = {"prompt": [{"prompt": "a cat", "weight": 1}], "steps": 50, "cfg_scale": 7.5, "seed": 1, "width": 512}
    text = json.dumps({"model": "stable diffusion", "model_weights": "sd-1.5", "image": image | {"sampler": "ddim"}})
    assert generation(tmp_path, written.png({"sd-metadata": text, "Dream": '"a cat" -s 50'})) == {
        "tool": "invokeai",
        "prompt": "a cat",
        "model": "sd-1.5",
        "seed": 1,
        "steps": 50,
        "sampler": "ddim",
        "cfg_scale": 7.5,
        "width": 512,
    }


NOVELAI = {"prompt": "1girl, cat", "uc": "lowres", "steps": 28, "width": 832, "height": 1216, "scale": 5.0, "seed": 9}


def test_novelai(tmp_path):
    texts = {
        "Title": "NovelAI generated image",
        "Description": "1girl, cat",
        "Software": "NovelAI",
        "Source": "NovelAI Diffusion V4.5 4BDE2A90",
        "Comment": json.dumps(NOVELAI | {"sampler": "k_euler_ancestral", "noise_schedule": "karras"}),
    }
    assert generation(tmp_path, written.png(texts)) == {
        "tool": "novelai",
        "prompt": "1girl, cat",
        "negative_prompt": "lowres",
        "model": "NovelAI Diffusion V4.5 4BDE2A90",
        "seed": 9,
        "steps": 28,
        "sampler": "k_euler_ancestral",
        "scheduler": "karras",
        "cfg_scale": 5.0,
        "width": 832,
        "height": 1216,
    }
    parts = {"caption": {"base_caption": "two cats", "char_captions": [{"char_caption": "black"}, {}, 3]}}
    texts["Comment"] = json.dumps({"v4_prompt": parts, "v4_negative_prompt": {"caption": {"base_caption": "bad"}}})
    said = generation(tmp_path, written.png(texts))
    assert (said["prompt"], said["negative_prompt"]) == ("two cats, black", "bad")


@pytest.mark.parametrize(
    "texts", [{"parameters": "just a comment"}, {"prompt": "a cat"}, {"Comment": '{"uc": 1}'}, {"parameters": "{}"}, {}]
)
def test_other_texts_are_no_generation(tmp_path, texts):
    said = written.read(tmp_path, written.png(texts))
    assert said["generation"] is None
    assert said["data"] == ({"text": texts} if texts else {})


KEYWORDS = (
    "parameters", "prompt", "workflow", "fooocus_scheme", "invokeai_metadata", "invokeai_graph", "sd-metadata",
    "Comment", "Software", "comment",
)  # fmt: skip
PIECES = (
    "Steps: 20",
    "Negative prompt:",
    "\n",
    "Size: 1x1",
    "Seed: " + "9" * 30,
    '"',
    ":",
    " ",
    "NovelAI",
    "{",
    "[" * 50,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("image", "prompt", "model")), inner),
    max_leaves=9,
).map(json.dumps)


@settings(max_examples=examples(200), deadline=None)
@given(st.dictionaries(st.sampled_from(KEYWORDS), JSON | st.lists(st.sampled_from(PIECES)).map("".join) | st.text()))
def test_no_text_raises(texts):
    recognise(texts)
