"""Where does the same picture end, and another of its kind begin?"""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tests.embedding.photos import gallery

NEITHER = ("chessboard_RGB", "motorcycle_right")  # the same as another one, to all intents

Edit = Callable[[Image.Image], Image.Image]


def half(image: Image.Image) -> Image.Image:
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.LANCZOS)


def jpeg(image: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=40)
    return Image.open(stream).convert("RGB")


def cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((int(width * 0.025), int(height * 0.025), int(width * 0.975), int(height * 0.975)))


def brighter(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1.15)


def side(image: Image.Image, start: float, end: float) -> Image.Image:
    return image.crop((int(image.width * start), 0, int(image.width * end), image.height))


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return [Image.fromarray(pixels) for name, pixels in gallery().items() if name not in NEITHER]


@pytest.fixture(scope="module", params=["basic", "multilingual"])
def embedder(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def vectors(embedder):
    return lambda images: embedder.images([np.asarray(image) for image in images])


@pytest.mark.parametrize("edit", [half, jpeg, cropped, brighter])
def test_edited_copies_are_near_duplicates(edit, embedder, pictures, vectors):
    cosines = np.sum(vectors(pictures) * vectors([edit(picture) for picture in pictures]), axis=1)
    assert np.mean(cosines >= embedder.duplicate_similarity) >= 0.9


def test_different_images_are_not_duplicates(embedder, pictures, vectors):
    rows = vectors(pictures)
    others = (rows @ rows.T)[~np.eye(len(rows), dtype=bool)]
    assert others.max() < embedder.duplicate_similarity - 0.1


def test_halves_of_a_photo_are_not_duplicates(embedder, pictures, vectors):
    photos = [picture for picture in pictures if min(picture.size) > 250]
    left, right = (vectors([side(photo, *part) for photo in photos]) for part in ((0, 0.5), (0.5, 1)))
    assert np.mean(np.sum(left * right, axis=1) >= embedder.duplicate_similarity) < 0.1


def test_photos_of_one_scene_are_nearest(vectors):
    photos = gallery()
    names = [name for name in photos if name != "motorcycle_left"]
    left, *others = vectors([Image.fromarray(photos[name]) for name in ("motorcycle_left", *names)])
    assert names[int(np.argmax(np.stack(others) @ left))] == "motorcycle_right"
