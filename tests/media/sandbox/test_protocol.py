"""What a worker says of a file is taken only if PostgreSQL can store it: the file may have taken control of it."""

import msgspec
import pytest

from mediatheque.media.decoders import ProbeResult
from mediatheque.media.sandbox.protocol import ProbeRequest, decode_reply, encode_line
from mediatheque.model import EmbeddedMetadata, Generation

REQUEST = ProbeRequest(b"", "image/jpeg")


def reply(embedded: bytes) -> bytes:
    return b'{"type":"ProbeResult","mime":"image/jpeg","width":1,"height":2,"embedded":' + embedded + b"}\n"


def test_reply_says_what_the_file_does():
    generation = Generation(tool="comfyui", prompt="a \\u0000 cat", workflow={"1": [None, 2.5, {"a": "\\\\u0000"}]})
    result = ProbeResult(
        "image/jpeg", 1, 2, None, EmbeddedMetadata(data={"exif": {"make": "x"}}, generation=generation)
    )
    assert decode_reply(REQUEST, encode_line(result)) == result


@pytest.mark.parametrize(
    "embedded",
    [
        b'{"data":{"a":"\\u0000"}}',
        b'{"data":{"a\\u0000":1}}',
        b'{"data":{"a":"\\\\\\u0000"}}',
        b'{"data":{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}}",
        b'{"data":{"a":' + b"[" * 100_000,
        b'{"data":{"a":"\\ud800"}}',
        b'{"data":{"a":1e999}}',
        b'{"data":{"a":' + b"9" * 5_000 + b"}}",
        b'{"data":{"a":"\xff"}}',
        b'{"data":[]}',
        b'{"data":{},"generation":{"prompt":"no tool"}}',
        b'{"data":{},"generation":{"tool":"x","workflow":[1]}}',
    ],
)
def test_reply_that_cannot_be_stored_is_none(embedded):
    with pytest.raises(msgspec.DecodeError):
        decode_reply(REQUEST, reply(embedded))
