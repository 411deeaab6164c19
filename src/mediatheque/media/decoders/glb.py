"""GLB, the binary form of glTF 2.0 (Khronos, section 4): everything that a viewer relies on is checked.

Exporters pad, and forget to pad. What three.js opens is taken, unless programs would read two models in it.
"""

import struct
from collections.abc import Iterator

import msgspec

from mediatheque.errors import Unreadable
from mediatheque.media.config import SandboxConfig
from mediatheque.media.containers import truncated
from mediatheque.media.containers.gltf import Gltf, check_counts
from mediatheque.media.containers.tail import check_tail
from mediatheque.media.decoders import ProbeResult
from mediatheque.media.input_file import InputFile

_HEADER, _CHUNK_HEADER = struct.Struct("<4sII"), struct.Struct("<II")
_JSON, _BIN = 0x4E4F534A, 0x004E4942
_VERSION = 2
_MAX_CHUNKS = 64
_ALIGNMENT = 4
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Chunk(msgspec.Struct, frozen=True):
    kind: int
    body: int
    end: int


def probe_glb(source: InputFile, mime: str, config: SandboxConfig) -> ProbeResult:
    """Check that the JSON agrees with the binary chunk; whatever is no chunk may follow.

    Raises `Unreadable` when they do not agree or a part is missing, and for an archive or a program behind the model.
    """
    chunks = list(_read_chunks(source, _read_length(source)))
    description, binary = _only(chunks, _JSON, "description"), _only(chunks, _BIN, "binary chunk")
    if description is None:
        raise Unreadable("The model has no description in it.")
    size = description.end - description.body
    if size > config.max_json_bytes:
        raise Unreadable(f"The model's description is larger than {config.max_json_bytes} bytes.")
    gltf = _parse_json(source.read_exactly(size, description.body))
    check_counts(gltf, min(binary.end, source.size) - binary.body if binary else 0, config.max_model_bytes)
    check_tail(source, min(chunks[-1].end, source.size))
    return ProbeResult(mime)


def _read_length(source: InputFile) -> int:
    _, version, length = _HEADER.unpack(source.read_exactly(_HEADER.size, 0))
    if version != _VERSION:
        raise Unreadable(f"The model is in version {version} of GLB; only version 2 is supported.")
    return int(length)


def _read_chunks(source: InputFile, length: int) -> Iterator[_Chunk]:
    """Yield the chunks that begin before `length`, where the model ends according to its header.

    Raises `Unreadable` when another chunk would fit into what the file lacks.
    """
    at = end = _HEADER.size
    for _ in range(_MAX_CHUNKS):
        chunk = _read_chunk(source, at, length)
        if chunk is None:
            break
        yield chunk
        end = chunk.end
        at = end + _padding_before_next(source, chunk)
    if length > source.size and length - end >= _CHUNK_HEADER.size:
        raise truncated("model")


def _read_chunk(source: InputFile, at: int, length: int) -> _Chunk | None:
    """Return the chunk at `at`; None for padding, and for what is too short to be one.

    JSON and binary chunks may say that they are longer than the file: the bytes that are there decide.
    """
    header = source.read_up_to(_CHUNK_HEADER.size, at)
    if at >= length or len(header) < _CHUNK_HEADER.size:
        return None
    size, kind = _CHUNK_HEADER.unpack(header)
    chunk = _Chunk(kind, at + _CHUNK_HEADER.size, at + _CHUNK_HEADER.size + size)
    is_other = any(header) and chunk.body <= length and chunk.end <= source.size
    return chunk if kind in (_JSON, _BIN) or is_other else None


def _padding_before_next(source: InputFile, chunk: _Chunk) -> int:
    """Return how many bytes of padding follow that the chunk's size does not count."""
    padding = -(chunk.end - chunk.body) % _ALIGNMENT
    kinds = [source.read_up_to(4, chunk.end + before + 4) for before in (0, padding)]
    known = [int.from_bytes(kind, "little") in (_JSON, _BIN) for kind in kinds]
    return padding if known == [False, True] else 0


def _only(chunks: list[_Chunk], kind: int, what: str) -> _Chunk | None:
    found = [chunk for chunk in chunks if chunk.kind == kind]
    if len(found) > 1:
        raise Unreadable(f"The model has more than one {what}, and programs would show different ones.")
    return found[0] if found else None


def _parse_json(text: bytes) -> Gltf:
    try:
        return msgspec.json.decode(text.removeprefix(_BYTE_ORDER_MARK).rstrip(b" \0"), type=Gltf)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable("The model's description is not valid glTF.") from error
