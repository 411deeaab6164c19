"""How often each model finds what was meant, in six languages.

`python -m tests.embedding.multilingual.figures [MODEL]...` prints the tables of docs/decisions/0018-multilingual.md.
"""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mediatheque.embedding import open_embedder
from mediatheque.embedding.embedder import Embedder, Vectors
from mediatheque.embedding.packages import LABELS, package_file
from tests.embedding.multilingual.languages import LANGUAGES, PHOTOS, SCENES, THINGS
from tests.embedding.photos import gallery

Places = list[int]


def caption_places(embedder: Embedder, asked: str, written: str) -> Places:
    """The places, from 1, of the captions in one language for the queries in another."""
    cosines = query_vectors(embedder, asked) @ caption_vectors(embedder, written).T
    return _places(cosines, [[place] for place in range(len(SCENES))])


@cache
def query_vectors(embedder: Embedder, language: str) -> Vectors:
    return embedder.texts([scene.queries[LANGUAGES.index(language)] for scene in SCENES])


@cache
def caption_vectors(embedder: Embedder, language: str) -> Vectors:
    return embedder.texts([scene.captions[LANGUAGES.index(language)] for scene in SCENES])


def class_names() -> list[str]:
    """The names of the picture model's thousand classes."""
    names: list[str] = json.loads(package_file(*LABELS).read_bytes())
    return names


def class_places(embedder: Embedder, classes: NDArray[np.float32], asked: str) -> Places:
    """The places of the picture model's classes for the everyday names of things."""
    labels = class_names()
    queries = embedder.texts([names[LANGUAGES.index(asked)] for _, names in THINGS.values()])
    return _places(queries @ classes.T, [list(map(labels.index, wanted)) for wanted, _ in THINGS.values()])


def photo_places(embedder: Embedder, asked: str) -> Places:
    """The places of the photos for words of what they show."""
    names, pictures = list(gallery()), _photo_vectors(embedder)
    queries = embedder.texts([words[LANGUAGES.index(asked)] for words in PHOTOS.values()])
    wanted = [[place for place, name in enumerate(names) if name.startswith(photo)] for photo in PHOTOS]
    return _places(queries @ pictures.T, wanted)


@cache
def _photo_vectors(embedder: Embedder) -> Vectors:
    return embedder.images(list(gallery().values()))


def within(places: Places, most: int) -> int:
    """How many are among the first."""
    return sum(place <= most for place in places)


def _places(cosines: NDArray[np.float32], wanted: Sequence[Sequence[int]]) -> Places:
    return [1 + int((row > row[list(right)].max()).sum()) for row, right in zip(cosines, wanted, strict=True)]


def _table(spec: str, folder: Path) -> None:
    embedder = open_embedder(spec, folder)
    classes = embedder.texts(class_names())
    print(f"\n{spec}\n| asked in | English captions | captions in that language | classes | photos |")
    for language in LANGUAGES:
        tried = (
            caption_places(embedder, language, "en"),
            caption_places(embedder, language, language),
            class_places(embedder, classes, language),
            photo_places(embedder, language),
        )
        print("|", language, "|", " | ".join(f"{within(found, 1)}, {within(found, 5)}" for found in tried), "|")
    for name, text in (
        ("query", SCENES[0].queries[1]),
        ("caption", SCENES[0].captions[1]),
        ("long caption", "word " * 300),
    ):
        print(f"{name}: {_milliseconds(embedder, text):.1f} ms")


def _milliseconds(embedder: Embedder, text: str) -> float:
    """The median of thirty."""
    taken = []
    for _ in range(30):
        begun = time.perf_counter()
        embedder.texts([text])
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken)) * 1_000


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for spec in sys.argv[1:] or ("basic", "basic-multilingual"):
            _table(spec, Path(folder))
