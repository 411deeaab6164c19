"""What the synthetic library shows: four hundred things that the default model knows, and many pictures of each.

The vectors are clustered as a real library's are: what pictures and captions mean lies around the meaning of a phrase
(the model has captions of one phrase at a cosine of 0.69; here it is 0.67); what a picture looks like is all its own.
"""

import itertools
import random
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding.embedder import Embedder

_LOOKING = (
    "red blue golden old tiny giant frozen burning quiet noisy wooden steel paper glass happy lonely broken shiny"
)
_THINGS = "dog cat boat car castle mountain river city robot dancer guitar piano flower forest desert bridge train"
PHRASES = [
    f"{looking} {thing}"
    for looking in [*_LOOKING.split(), "dusty", "wild"]
    for thing in [*_THINGS.split(), "airplane", "horse", "kitchen"]
]
_WORDS = "studio light photo render final draft wide close morning evening portrait landscape"
WORDS = _WORDS.split()
"""What titles and captions say beside."""
_LEADS = ("", "a ", "the ", "my ", "one ", "photo of a ", "picture of the ", "some ", "find a ", "this ")

_MEANING = 384  # axes of the default model for what is meant; in the others texts have zeros
_SPREAD = np.float32(0.7)  # how far they lie from their phrase
_HALF = np.float32(np.sqrt(0.5))

Vectors = NDArray[np.float32]


class Shape:
    """Makes vectors around the phrases; the same ones for the same generator."""

    def __init__(self, embedder: Embedder) -> None:
        self._centres = embedder.texts(PHRASES)

    def pictures(self, random: np.random.Generator, about: NDArray[np.int64]) -> Vectors:
        """One for each number of a phrase."""
        meanings = self._around(random, about)
        looks = _unit(random.standard_normal((len(about), self._centres.shape[1] - _MEANING), np.float32))
        return np.concatenate([meanings, looks], axis=1) * _HALF

    def captions(self, random: np.random.Generator, about: NDArray[np.int64]) -> Vectors:
        """The same of captions."""
        nothing = np.zeros((len(about), self._centres.shape[1] - _MEANING), np.float32)
        return np.concatenate([self._around(random, about), nothing], axis=1)

    def _around(self, random: np.random.Generator, about: NDArray[np.int64]) -> Vectors:
        noise = _unit(random.standard_normal((len(about), _MEANING), np.float32))
        return _unit(self._centres[about, :_MEANING] + _SPREAD * noise)


def _unit(rows: Vectors) -> Vectors:
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


class Queries:
    """What is searched for. No text comes twice in a run: the server remembers the vectors of texts.

    Of ten, six are a phrase, three a phrase with a word of titles, one is misspelt.
    """

    def __init__(self) -> None:
        self._random = random.Random(7)
        self._phrases = self._shuffled(f"{lead}{phrase}" for lead in _LEADS for phrase in PHRASES)
        self._titles = self._shuffled(f"{phrase} {word}" for phrase in PHRASES for word in WORDS)

    def take(self, count: int) -> list[str]:
        return [self._next(number % 10) for number in range(count)]

    def _next(self, number: int) -> str:
        if number == 9:
            return self._misspelt(next(self._phrases))
        return next(self._titles if number % 3 == 2 else self._phrases)

    def _misspelt(self, text: str) -> str:
        """Two letters of the last word changed places."""
        *words, last = text.split()
        at = self._random.randrange(max(1, len(last) - 2))
        return " ".join([*words, last[:at] + last[at + 1] + last[at] + last[at + 2 :]])

    def _shuffled(self, texts: Iterator[str]) -> Iterator[str]:
        found = list(texts)
        self._random.shuffle(found)
        return itertools.chain(found)
