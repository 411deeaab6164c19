"""GLB as exporters write it: what three.js opens is taken, and any damage is the same model or a refusal."""

import copy
import json
import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediatheque.errors import Unreadable
from mediatheque.media.decoders import ProbeResult
from tests import samples
from tests.media.examine import examine

MODEL = ProbeResult("model/gltf-binary")
JSON, BIN, OTHER = 0x4E4F534A, 0x004E4942, 0x12345678
BYTES = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0) + struct.pack("<3H", 0, 1, 2)  # 42, which is no multiple of 4
DOCUMENT = {
    "asset": {"version": "2.0"},
    "buffers": [{"byteLength": 42}],
    "bufferViews": [
        {"buffer": 0, "byteOffset": 0, "byteLength": 36},
        {"buffer": 0, "byteOffset": 36, "byteLength": 6},
    ],
    "accessors": [
        {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
        {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
    ],
}


def chunk(kind: int, body: bytes, size: int | None = None) -> bytes:
    return struct.pack("<II", len(body) if size is None else size, kind) + body


def glb(*chunks: bytes, more: int = 0) -> bytes:
    """A model whose header says that it is `more` bytes longer than its chunks."""
    body = b"".join(chunks)
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body) + more) + body


def described(change=lambda _: None, padding: bytes = b" ") -> bytes:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    text = json.dumps(document).encode()
    return chunk(JSON, text + padding * (-len(text) % 4))


TEXT, BINARY = described(), chunk(BIN, BYTES + bytes(2))
UNPADDED = json.dumps(DOCUMENT).encode()
UNPADDED += b" " if len(UNPADDED) % 4 == 0 else b""

TAKEN = {
    **{
        f"{size} bytes of padding in the binary chunk": glb(TEXT, chunk(BIN, BYTES + bytes(size)))
        for size in (0, 2, 6, 100, 1 << 20)
    },
    "padding that is not zero": glb(TEXT, chunk(BIN, BYTES + b"x" * 10)),
    **{
        f"{size} bytes of padding behind the binary chunk": glb(TEXT, chunk(BIN, BYTES), bytes(size))
        for size in (1, 2, 3, 8, 100, 4_096)
    },
    "padding that the header does not count": glb(TEXT, BINARY) + bytes(5),
    "a binary chunk of 42 bytes": glb(TEXT, chunk(BIN, BYTES)),
    "a description of odd size": glb(chunk(JSON, UNPADDED), BINARY),
    "a description of odd size with uncounted padding": glb(chunk(JSON, UNPADDED), b" " * (-len(UNPADDED) % 4), BINARY),
    "another chunk between": glb(TEXT, chunk(OTHER, b"abcd"), BINARY),
    "another chunk behind": glb(TEXT, BINARY, chunk(OTHER, b"abcdef")),
    "another chunk before": glb(chunk(OTHER, b"abcd"), TEXT, BINARY),
    "other chunks of odd size": glb(TEXT, chunk(OTHER, b"abc"), BINARY, chunk(OTHER + 1, b"")),
    "the binary chunk before": glb(BINARY, TEXT),
    "a header that says less": glb(TEXT, BINARY, more=-2),
    "a header that says far less": glb(TEXT, BINARY, more=-len(BINARY) + 2),
    "a header that counts padding that is not there": glb(TEXT, chunk(BIN, BYTES), more=2),
    "a chunk that counts padding that is not there": glb(TEXT, chunk(BIN, BYTES, 44), more=2),
    "a description behind a byte order mark": glb(chunk(JSON, b"\xef\xbb\xbf" + UNPADDED), BINARY),
    "a description padded with NULs": glb(described(padding=b"\0"), BINARY),
    "a description padded with lines": glb(chunk(JSON, UNPADDED + b"\r\n\t\n"), BINARY),
    "no binary chunk": glb(chunk(JSON, b'{"asset":{"version":"2.0"}}')),
    "an empty binary chunk": glb(chunk(JSON, b'{"asset":{"version":"2.0"}}'), chunk(BIN, b"")),
    "an empty buffer": glb(chunk(JSON, b'{"asset":{"version":"2.0"},"buffers":[{"byteLength":0}]}'), chunk(BIN, b"")),
    "a buffer that counts padding": glb(
        described(lambda doc: doc["buffers"][0].update(byteLength=44)), chunk(BIN, BYTES)
    ),
    "a buffer that says less than its views": glb(
        described(lambda doc: doc["buffers"][0].update(byteLength=10)), BINARY
    ),
    "a length with a decimal point": glb(described(lambda doc: doc["buffers"][0].update(byteLength=42.0)), BINARY),
    "a stride of zero": glb(described(lambda doc: doc["bufferViews"][0].update(byteStride=0)), BINARY),
    "version 2": glb(described(lambda doc: doc["asset"].update(version="2")), BINARY),
    "version 2.0 as a number": glb(described(lambda doc: doc["asset"].update(version=2.0)), BINARY),
    "a line break behind": glb(TEXT, BINARY) + b"\n",
    "an ID3v1 tag behind": glb(TEXT, BINARY) + b"TAG" + bytes(125),
    "another model behind": glb(TEXT, BINARY) + glb(TEXT, BINARY),
}


@pytest.mark.parametrize("what", TAKEN)
def test_model_that_viewers_open_is_taken(tmp_path, what):
    assert examine(tmp_path / "model", TAKEN[what]) == MODEL


REFUSED = {
    "a cut binary chunk": glb(TEXT, BINARY)[:-9],
    "no binary chunk although the header counts one": glb(TEXT, BINARY)[: -len(BINARY)],
    "a cut description": glb(TEXT)[:-9],
    "another chunk that is cut off": glb(TEXT, BINARY, chunk(OTHER, bytes(100)))[:-60],
    "a header that says far more": glb(TEXT, BINARY, more=100),
    "the largest length": glb(TEXT, BINARY, more=0xFFFFF000),
    "no length": struct.pack("<4sII", b"glTF", 2, 0) + TEXT + BINARY,
    "two descriptions": glb(TEXT, BINARY, chunk(JSON, b'{"asset":{"version":"2.0"}}')),
    "two binary chunks": glb(TEXT, BINARY, chunk(BIN, bytes(44))),
    "a view behind the padding": glb(described(lambda doc: doc["bufferViews"][1].update(byteLength=9)), BINARY),
    "a buffer that says far more": glb(described(lambda doc: doc["buffers"][0].update(byteLength=142)), BINARY),
    "a length that is no whole number": glb(described(lambda doc: doc["buffers"][0].update(byteLength=41.5)), BINARY),
    "a buffer in another file": glb(described(lambda doc: doc["buffers"][0].update(uri="model.bin")), BINARY),
    "an archive behind": glb(TEXT, BINARY) + b"Rar!\x1a\x07\x01\0",
    "an archive in padding that is not counted": glb(TEXT, chunk(BIN, BYTES), b"\0\0Rar!\x1a\x07\x01\0"),
    "a program behind": glb(TEXT, BINARY) + b"\n#!/bin/sh\n",
}


@pytest.mark.parametrize("what", REFUSED)
def test_model_that_lacks_a_part_or_holds_two_things_is_refused(tmp_path, what):
    with pytest.raises(Unreadable):
        examine(tmp_path / "model", REFUSED[what])


@pytest.mark.sampled
@settings(deadline=None)
@given(tail=st.binary(max_size=200), padding=st.integers(0, 40), inside=st.binary(max_size=40))
def test_any_tail_and_padding_give_the_same_facts(tail, padding, inside, tmp_path_factory):
    model = glb(TEXT, chunk(BIN, BYTES + inside), bytes(padding)) + tail
    assert examine(tmp_path_factory.getbasetemp() / "any-model", model) == MODEL


@pytest.mark.sampled
@settings(deadline=None)
@given(at=st.floats(0, 1), noise=st.binary(max_size=50), replaced=st.integers(0, 50))
def test_any_damage_gives_the_type_or_a_refusal(at, noise, replaced, tmp_path_factory):
    data = samples.glb()
    place = round(at * len(data))
    with suppress(Unreadable):
        found = examine(tmp_path_factory.getbasetemp() / "damage", data[:place] + noise + data[place + replaced :])
        assert found == MODEL


@pytest.mark.parametrize("part", [chunk(OTHER, b""), chunk(0, b""), chunk(JSON, b""), chunk(BIN, b"")])
def test_many_chunks_are_refused_or_left_unread(tmp_path, part):
    with suppress(Unreadable):
        assert examine(tmp_path / "model", glb(TEXT, BINARY, part * 1_000_000)) == MODEL
