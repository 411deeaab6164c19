"""Texts to tokens: the likeliest division into pieces of the vocabulary (SentencePiece's unigram model).

`tokenizers` would take 210 MB and 1.7 s for the 250,002 pieces. Here they take 30 MB: a piece is found by a hash of its
characters in a sorted array, and compared.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.basic.multilingual.model_file import Pieces

START, END, UNKNOWN = 0, 2, 3
_SPECIAL = (0, 1, 2, 3, -1)  # <s>, <pad>, </s>, <unk>, <mask>: no text is divided into these
_WORD = "▁"  # begins each word
_UNKNOWN_PENALTY = 10.0  # below the least likely piece
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_Codes = NDArray[np.uint32]


class Vocabulary:
    """The pieces, and the replacements of characters that come before."""

    def __init__(self, pieces: Pieces, replacements: Mapping[int, str]) -> None:
        self._pieces = pieces
        self._replacements = replacements
        self._unknown = float(pieces.scores.min()) - _UNKNOWN_PENALTY
        lengths = np.diff(pieces.starts)
        self._longest = int(lengths.max())
        ids = np.delete(np.arange(len(lengths), dtype=np.int32), _SPECIAL)
        hashes = _hash_pieces(_codes(pieces.text), pieces.starts[ids], lengths[ids])
        order = np.argsort(hashes, kind="stable")
        self._ids, self._hashes = ids[order], hashes[order]

    def tokens(self, text: str, most: int) -> list[int]:
        """Return at most `most` tokens, the first and last of which mark the ends of the text."""
        characters = most * self._longest  # no more are read: normalising takes a time that grows with their square
        normal = unicodedata.normalize("NFKC", text[:characters]).translate(self._replacements)
        found = self._likeliest("".join(_WORD + word for word in normal.split())[:characters])
        return [START, *found[: most - 2], END]

    def _likeliest(self, text: str) -> list[int]:
        """Find the division with the greatest sum of scores (Viterbi)."""
        matches = self._matches(text)
        best = [(0.0, 0, UNKNOWN)] + [(-np.inf, 0, UNKNOWN)] * len(text)  # score, start and id of the last piece
        for start in range(len(text)):
            so_far = best[start][0]
            for end, piece, score in (*matches.get(start, ()), (start + 1, UNKNOWN, self._unknown)):
                if so_far + score > best[end][0]:
                    best[end] = so_far + score, start, piece
        return _join_unknown(reversed(list(_walk_back(best))))

    def _matches(self, text: str) -> Mapping[int, list[tuple[int, int, float]]]:
        """Return, for each start, the end, id and score of each piece that the text has there."""
        codes = _codes(text)
        found = defaultdict[int, list[tuple[int, int, float]]](list)
        hashes = np.zeros(len(codes), np.uint64)
        for length in range(1, min(self._longest, len(codes)) + 1):
            hashes = _append(hashes[: len(codes) - length + 1], codes[length - 1 :])
            places = np.searchsorted(self._hashes, hashes).clip(max=len(self._hashes) - 1)
            for start in np.flatnonzero(self._hashes[places] == hashes).tolist():
                piece = int(self._ids[places[start]])
                if self._text_of(piece) == text[start : start + length]:
                    found[start].append((start + length, piece, float(self._pieces.scores[piece])))
        return found

    def _text_of(self, piece: int) -> str:
        start, end = self._pieces.starts[piece : piece + 2].tolist()
        return self._pieces.text[start:end]


def _hash_pieces(codes: _Codes, starts: NDArray[np.int32], lengths: NDArray[np.int32]) -> NDArray[np.uint64]:
    hashes = np.zeros(len(lengths), np.uint64)
    for place in range(int(lengths.max())):
        longer = np.flatnonzero(lengths > place)
        hashes[longer] = _append(hashes[longer], codes[starts[longer] + place])
    return hashes


def _append(hashes: NDArray[np.uint64], codes: _Codes) -> NDArray[np.uint64]:
    """Return the hashes of texts that are one character longer; they wrap around."""
    return (hashes + codes + np.uint64(1)) * _FACTOR


def _codes(text: str) -> _Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _walk_back(best: list[tuple[float, int, int]]) -> Iterator[int]:
    end = len(best) - 1
    while end:
        _, end, piece = best[end]
        yield piece


def _join_unknown(pieces: Iterator[int]) -> list[int]:
    """Make one token of neighbours that are unknown, as in the model's training."""
    joined: list[int] = []
    for piece in pieces:
        if piece != UNKNOWN or joined[-1:] != [UNKNOWN]:
            joined.append(piece)
    return joined
