"""What a file says about itself is bounded, and can be stored, whatever it says."""

import json
import time
import zlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediatheque.media.metadata.collected import (
    MAX_DATA_BYTES,
    MAX_EMBEDDED_BYTES,
    MAX_TEXT,
    MAX_WORKFLOW_BYTES,
    Collected,
    stored_graph,
)
from tests import samples
from tests.media.metadata import written
from tests.media.metadata.graphs import basic
from tests.media.metadata.written import generation, read
from tests.rounds import examples


def with_chunks(*chunks: bytes) -> bytes:
    data = samples.png()
    return data[:33] + b"".join(chunks) + data[33:]


def test_long_text_is_cut_and_named(tmp_path):
    said = read(tmp_path, written.png({"Comment": "x" * 100_000}))["data"]
    assert said == {"text": {"Comment": "x" * MAX_TEXT}, "cut": ["text.Comment"]}


def test_many_texts_are_left_out_and_some_named(tmp_path):
    said = read(tmp_path, written.png({f"key {n}": "y" * 9_000 for n in range(100)}))["data"]
    assert len(said["text"]) == 6
    assert len(said["cut"]) == 40
    assert len(json.dumps(said)) <= MAX_DATA_BYTES


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_bomb_is_not_inflated(tmp_path, kind):
    packed = zlib.compress(b"a" * (300 << 20), 9)
    body = b"parameters\0" + (b"\0" if kind == b"zTXt" else b"\1\0\0\0") + packed
    begun = time.process_time()
    said = read(tmp_path, with_chunks(samples.png_chunk(kind, body)))["data"]
    assert said == {"unreadable": ["text"]}
    assert time.process_time() - begun < 1


def test_nul_and_surrogates_are_stored(tmp_path):
    graph = basic()
    graph["6"]["inputs"]["text"] = "a\0 cat \ud800"
    graph["6"]["inputs"]["\0odd"] = "\udfff"
    said = generation(tmp_path, written.png({"prompt": json.dumps(graph)}))
    assert said["prompt"] == "a cat \ufffd"
    assert said["workflow"]["6"]["inputs"]["odd"] == "\ufffd"
    assert b"\\u0000" not in msgspec.json.encode(said)
    chunk = samples.png_chunk(b"tEXt", b"Title\0a\0b \xff\xfe")
    assert read(tmp_path, with_chunks(chunk))["data"] == {"text": {"Title": "ab ÿþ"}}


def test_deep_and_huge_json_is_no_generation(tmp_path):
    for text in ('{"a":' * 100_000, '{"1":' + "[" * 100_000, '{"seed": ' + "9" * 5_000 + "}"):
        said = read(tmp_path, written.png({"prompt": text}))
        assert said["generation"] is None


def test_large_or_deep_workflow_is_left_out(tmp_path):
    deep: dict = {}
    for _ in range(60):
        deep = {"a": deep}
    for more in ({"extra": "z" * MAX_WORKFLOW_BYTES}, {"extra": deep}):
        said = read(tmp_path, written.png({"prompt": json.dumps(basic()), "workflow": json.dumps(more)}))
        assert said["data"] == {"cut": ["generation.workflow"]}
        assert said["generation"]["workflow"] is None
        assert said["generation"]["prompt"] == "a cat at night"


def test_huge_numbers_are_left_out(tmp_path):
    text = f"a cat\nSteps: 20, Seed: {'9' * 20}, CFG scale: 1e999, Size: 999999x999999"
    said = generation(tmp_path, written.png({"parameters": text}))
    assert said == {"tool": "automatic1111", "prompt": "a cat", "steps": 20, "width": 999999, "height": 999999}


def test_slow_text_is_read_quickly(tmp_path):
    for text in ("Steps: 1" + " " * 190_000, "\n" * 190_000, "Steps: 1, " + "a" * 190_000, "Steps: 1\n" * 20_000):
        begun = time.process_time()
        read(tmp_path, written.png({"parameters": text}, packed=True))
        assert time.process_time() - begun < 1


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=50),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=5)
    ),
)


@settings(max_examples=examples(200), deadline=None)
@given(st.dictionaries(st.text(st.characters(), max_size=20), ANY))
def test_anything_collected_fits_a_reply(values):
    collected = Collected()
    for name, value in values.items():
        collected.add("text", name, value)
    encoded = msgspec.json.encode(collected.finish())
    assert len(encoded) <= MAX_EMBEDDED_BYTES
    assert b"\\u0000" not in encoded
    msgspec.json.decode(encoded)
    graph = stored_graph(values)
    if graph is not None:
        assert b"\\u0000" not in msgspec.json.encode(graph)
