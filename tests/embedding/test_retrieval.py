"""Do words find real photos? The queries were chosen before their results were seen, and stay."""

import numpy as np
import pytest

from tests.embedding.photos import gallery

PLAIN = {
    "cat": "chelsea",
    "cup of coffee": "coffee",
    "rocket launch": "rocket",
    "motorcycle": "motorcycle",
    "flower": "flower",
    "chinese temple": "china",
}
GERMAN = {
    "Motorrad": "motorcycle",
    "Tasse Kaffee": "coffee",
    "Katze": "chelsea",
    "Blume": "flower",
    "Rakete": "rocket",
}
MISSPELT = {
    "motorcicle": "motorcycle",
    "rokcet launch": "rocket",
    "cofee cup": "coffee",
    "chineese temple": "china",
    "flowr": "flower",
}


@pytest.fixture(scope="module")
def rank(basic):
    """The place, from 1, at which a text finds the picture (either of two, where the name begins so)."""
    names, vectors = list(gallery()), basic.images(list(gallery().values()))

    def of(text: str, wanted: str) -> int:
        (query,) = basic.texts([text])
        order = [names[index] for index in np.argsort(-(vectors @ query))]
        return 1 + next(place for place, name in enumerate(order) if name.startswith(wanted))

    return of


def ranks(rank, queries: dict[str, str]) -> list[int]:
    return [rank(*query) for query in queries.items()]


def test_plain_words_find_their_photo_first(rank):
    assert ranks(rank, PLAIN).count(1) >= 5


def test_german_cognates_find_their_photo(rank):
    """The text model has read English only: it knows what it meets there, and "Katze" is letters to it."""
    assert max(rank("Motorrad", "motorcycle"), rank("Tasse Kaffee", "coffee")) <= 3
    assert sum(place <= 3 for place in ranks(rank, GERMAN)) >= 2


def test_most_misspelt_words_find_their_photo(rank):
    assert sum(place <= 3 for place in ranks(rank, MISSPELT)) >= 4


def test_appearance_does_not_affect_text_ranking(basic):
    """Texts have zeros where pictures have looks, and all pictures have the same length of meaning."""
    meaning = np.linalg.norm(basic.images(list(gallery().values()))[:, :384], axis=1)
    assert np.allclose(meaning, np.sqrt(0.5), atol=1e-5)
    assert not basic.texts(["a cat", ""])[:, 384:].any()


def test_query_is_nearest_to_related_caption(basic):
    question, near, far = basic.texts(["a cat asleep", "a kitten sleeps on the sofa", "quarterly tax report"])
    assert question @ near > 0.5
    assert question @ far < 0.2
