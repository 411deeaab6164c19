"""What every embedder promises, asked of each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from mediatheque.embedding.embedder import Embedder

TEXTS = ["red", "", " ", "a cat on a sofa", "Ein Mädchen, 猫, 🐈", "red " * 20_000, "x" * 50_000, "\t\n\u200b"]
HOSTILE = ["\0" * 100, "\ufdfa" * 9_000, "a" + "\u0315\u0300" * 4_900, "<s></s><mask>", "夜" * 100_000, "\n" * 50_000]


def picture(height: int, width: int, seed: int = 1) -> NDArray[np.uint8]:
    return np.random.RandomState(seed).randint(0, 256, (height, width, 3)).astype(np.uint8)


PICTURES = [picture(*sides) for sides in ((1, 1), (2, 3), (10, 4000), (4000, 10), (64, 48), (300, 200), (1, 700))]


@pytest.fixture(params=["basic", "multilingual", "clip_like", "siglip_like"])
def embedder(request: pytest.FixtureRequest, opened: Callable[[str], Embedder]) -> Embedder:
    return opened(request.param)


def unit_rows(rows: NDArray[np.float32], count: int, embedder: Embedder) -> bool:
    lengths = np.linalg.norm(rows, axis=1)
    return (
        rows.dtype == np.float32 and rows.shape == (count, embedder.dimensions) and np.allclose(lengths, 1, atol=1e-5)
    )


def test_texts_give_unit_vectors(embedder: Embedder) -> None:
    assert unit_rows(embedder.texts(TEXTS), len(TEXTS), embedder)


def test_hostile_texts_give_unit_vectors(embedder: Embedder) -> None:
    """Among them characters that become eighteen each, and marks of which each must be put in order."""
    assert unit_rows(embedder.texts(HOSTILE), len(HOSTILE), embedder)


def test_images_of_any_size_give_unit_vectors(embedder: Embedder) -> None:
    assert unit_rows(embedder.images(PICTURES), len(PICTURES), embedder)


def test_empty_input_gives_no_rows(embedder: Embedder) -> None:
    assert embedder.texts([]).shape == embedder.images([]).shape == (0, embedder.dimensions)


def test_uniform_images_and_array_views_are_accepted(embedder: Embedder) -> None:
    black, white = np.zeros((20, 20, 3), np.uint8), np.full((20, 20, 3), 255, np.uint8)
    turned = picture(40, 60).transpose(1, 0, 2)[::-2]
    assert unit_rows(embedder.images([black, white, turned]), 3, embedder)


def test_vector_is_independent_of_batch(embedder: Embedder) -> None:
    assert np.array_equal(embedder.texts(TEXTS), np.concatenate([embedder.texts([text]) for text in TEXTS]))
    alone = np.concatenate([embedder.images([each]) for each in PICTURES])
    assert np.array_equal(embedder.images(PICTURES), alone)


def test_concurrent_calls_give_equal_vectors(embedder: Embedder) -> None:
    texts, pictures = ["red", "a boat", "blue"], PICTURES[4:6]
    expected = embedder.texts(texts), embedder.images(pictures)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(lambda: (embedder.texts(texts), embedder.images(pictures))) for _ in range(8)]
        answers = [each.result() for each in asked]
    assert all(np.array_equal(mine, its) for answer in answers for mine, its in zip(expected, answer, strict=True))


def test_equal_images_exceed_duplicate_similarity(embedder: Embedder) -> None:
    assert embedder.name
    assert 0.5 < embedder.duplicate_similarity < 1
    same = embedder.images([PICTURES[5]] * 2)
    assert same[0] @ same[1] > embedder.duplicate_similarity
