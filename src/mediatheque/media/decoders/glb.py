"""GLB: the binary form of glTF 2.0 (Khronos, section 4), checked as far as a viewer would trust it."""

import struct
from collections.abc import Iterator

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers import trailing, truncated
from mediatheque.media.containers.gltf import Gltf, check_counts
from mediatheque.media.decoders import ProbeResult
from mediatheque.media.input_file import InputFile

_HEADER, _CHUNK = struct.Struct("<4sII"), struct.Struct("<II")
_JSON, _BIN = 0x4E4F534A, 0x004E4942
_VERSION = 2
_MOST_CHUNKS = 64


def probe_glb(source: InputFile, mime: str, config: SandboxConfig) -> ProbeResult:
    """Raises Unreadable unless the chunks tile the file and the description agrees with the binary behind it."""
    _check_header(source)
    parts = list(_chunks(source))
    if not parts or parts[0][0] != _JSON:
        raise Unreadable("The model has no description in it.")
    _, at, size = parts[0]
    if size > config.max_json_bytes:
        raise Unreadable(f"The model's description is larger than {config.max_json_bytes} bytes.")
    binary = parts[1][2] if len(parts) > 1 and parts[1][0] == _BIN else 0
    check_counts(_described(source.exactly(size, at)), binary, config.max_model_bytes)
    return ProbeResult(mime)


def _check_header(source: InputFile) -> None:
    _, version, length = _HEADER.unpack(source.exactly(_HEADER.size, 0))
    if version != _VERSION:
        raise Unreadable(f"The model is in version {version} of GLB; only version 2 is supported.")
    if length > source.size:
        raise truncated("model")
    if length < source.size:
        raise trailing("model")


def _chunks(source: InputFile) -> Iterator[tuple[int, int, int]]:
    """Type, start of the body and size of each chunk."""
    at, count = _HEADER.size, 0
    while at < source.size:
        size, kind = _CHUNK.unpack(source.exactly(_CHUNK.size, at))
        at, count = at + _CHUNK.size, count + 1
        if at + size > source.size or size % 4 or count > _MOST_CHUNKS:
            raise Unreadable("The model's chunks are damaged.")
        yield kind, at, size
        at += size


def _described(text: bytes) -> Gltf:
    try:
        return msgspec.json.decode(text.rstrip(b" \0"), type=Gltf)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable("The model's description is not valid glTF.") from error
