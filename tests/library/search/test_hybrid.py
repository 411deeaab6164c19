"""The search over real photos, in the library as it comes: words, examples, scopes, pages."""

from pathlib import Path
from uuid import UUID

import pytest
import skimage

from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.search.hybrid import Example, short_id
from mediatheque.model import Asset, Filter, Kind
from tests.library.ingest_requests import ingest_request

PHOTOS = Path(skimage.__file__).parent / "data"
NAMES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "coins.png", "page.png")


async def take(library: Library, workspace: UUID, photo: str, name: str = "img.bin", **details: object) -> Asset:
    data = (PHOTOS / photo).read_bytes()
    asset = await library.ingest.create_asset(
        ingest_request(workspace, data, name=name, details=AssetFields(**details))
    )  # type: ignore[arg-type]
    await library.search.embeddings.embed(asset.id)
    return asset


@pytest.fixture
async def photos(library: Library, workspace: UUID) -> dict[str, Asset]:
    """Under names that say nothing."""
    return {photo: await take(library, workspace, photo) for photo in NAMES}


async def names_found(library: Library, workspace: UUID, photos: dict[str, Asset], text: str) -> list[str]:
    by_id = {asset.id: name for name, asset in photos.items()}
    found = await library.search.hybrid.find(workspace, Filter(), Example(text=text), 10)
    return [by_id[hit.asset.id] for hit in found.hits]


async def test_words_find_pictures_by_content(library: Library, workspace: UUID, photos: dict[str, Asset]) -> None:
    assert (await names_found(library, workspace, photos, "a cat"))[0] == "chelsea.png"
    assert (await names_found(library, workspace, photos, "cup of coffee"))[0] == "coffee.png"
    assert (await names_found(library, workspace, photos, "motorbike"))[0] == "motorcycle_left.png"


async def test_similarity_is_between_0_and_1(library: Library, workspace: UUID, photos: dict[str, Asset]) -> None:
    found = await library.search.hybrid.find(workspace, Filter(), Example(text="a cat"), 10)
    similarities = [hit.similarity for hit in found.hits]
    assert all(similarity is not None and 0 <= similarity <= 1 for similarity in similarities)
    assert len(found.hits) == len(NAMES)
    assert not found.more
    assert not found.partial


async def test_picture_finds_itself_and_similar_ones(
    library: Library, workspace: UUID, photos: dict[str, Asset]
) -> None:
    asset = photos["chelsea.png"]
    found = await library.search.hybrid.find(workspace, Filter(), Example(blob=asset.file.blob), 3)
    assert found.hits[0].asset.id == asset.id
    assert found.hits[0].similarity == pytest.approx(1, abs=0.01)


async def test_pages_neither_repeat_nor_skip(library: Library, workspace: UUID, photos: dict[str, Asset]) -> None:
    seen: list[bytes] = []
    ids: list[UUID] = []
    while True:
        found = await library.search.hybrid.find(workspace, Filter(), Example(text="a cat"), 2, seen)
        ids += [hit.asset.id for hit in found.hits]
        seen += [short_id(hit.asset.id) for hit in found.hits]
        if not found.more:
            break
        if len(ids) == 2:  # neither what comes nor what goes meanwhile disturbs the pages
            await library.catalog.assets.delete(workspace, ids[0])
            await take(library, workspace, "camera.png")
    assert len(ids) == len(set(ids))
    assert {asset.id for asset in photos.values()} <= set(ids)


async def test_captions_titles_names_and_tags_are_searched(library: Library, workspace: UUID) -> None:
    tag = await library.catalog.tags.create(workspace, "Winter Holiday")
    captioned = await take(library, workspace, "page.png", caption="The Zugspitze behind a frozen lake")
    named = await take(library, workspace, "coins.png", name="INVOICE_zanzibar-2024.png")
    tagged = await take(library, workspace, "brick.png", tag_ids=(tag.id,))
    for text, asset in (
        ("zugspitze", captioned),
        ("frozen lakes", captioned),
        ("zugsp", captioned),
        ("zugspize", captioned),
        ("zanzibar", named),
        ("zanzibra", named),
        ("winter holidays", tagged),
        ("pictures of our winter holiday", tagged),
    ):
        found = await library.search.hybrid.find(workspace, Filter(), Example(text=text), 1)
        assert found.hits[0].asset.id == asset.id, text


async def test_results_stay_in_the_filter(library: Library, workspace: UUID, photos: dict[str, Asset]) -> None:
    tag = await library.catalog.tags.create(workspace, "dark")
    tagged = await take(library, workspace, "hubble_deep_field.jpg", tag_ids=(tag.id,))
    found = await library.search.hybrid.find(workspace, Filter(tag_ids=(tag.id,)), Example(text="a cat"), 10)
    assert [hit.asset.id for hit in found.hits] == [tagged.id]
    found = await library.search.hybrid.find(workspace, Filter(kinds=(Kind.VIDEO,)), Example(text="a cat"), 10)
    assert found.hits == []
