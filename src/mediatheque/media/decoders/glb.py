"""GLB, the binary form of glTF 2.0 (Khronos, section 4): everything that a viewer relies on is checked."""

import struct
from collections.abc import Iterator

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers import trailing, truncated
from mediatheque.media.containers.gltf import Gltf, check_counts
from mediatheque.media.decoders import ProbeResult
from mediatheque.media.input_file import InputFile

_HEADER, _CHUNK_HEADER = struct.Struct("<4sII"), struct.Struct("<II")
_JSON, _BIN = 0x4E4F534A, 0x004E4942
_VERSION = 2
_MAX_CHUNKS = 64


def probe_glb(source: InputFile, mime: str, config: SandboxConfig) -> ProbeResult:
    """Check that the chunks fill the file and the JSON agrees with the binary chunk; raises `Unreadable` otherwise."""
    _check_header(source)
    chunks = list(_read_chunks(source))
    if not chunks or chunks[0][0] != _JSON:
        raise Unreadable("The model has no description in it.")
    _, at, size = chunks[0]
    if size > config.max_json_bytes:
        raise Unreadable(f"The model's description is larger than {config.max_json_bytes} bytes.")
    binary = chunks[1][2] if len(chunks) > 1 and chunks[1][0] == _BIN else 0
    check_counts(_parse_json(source.read_exactly(size, at)), binary, config.max_model_bytes)
    return ProbeResult(mime)


def _check_header(source: InputFile) -> None:
    _, version, length = _HEADER.unpack(source.read_exactly(_HEADER.size, 0))
    if version != _VERSION:
        raise Unreadable(f"The model is in version {version} of GLB; only version 2 is supported.")
    if length > source.size:
        raise truncated("model")
    if length < source.size:
        raise trailing("model")


def _read_chunks(source: InputFile) -> Iterator[tuple[int, int, int]]:
    """Yield the type of each chunk, and the offset and size of its body."""
    at, count = _HEADER.size, 0
    while at < source.size:
        size, kind = _CHUNK_HEADER.unpack(source.read_exactly(_CHUNK_HEADER.size, at))
        at, count = at + _CHUNK_HEADER.size, count + 1
        if at + size > source.size or size % 4 or count > _MAX_CHUNKS:
            raise Unreadable("The model's chunks are damaged.")
        yield kind, at, size
        at += size


def _parse_json(text: bytes) -> Gltf:
    try:
        return msgspec.json.decode(text.rstrip(b" \0"), type=Gltf)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable("The model's description is not valid glTF.") from error
