"""Phrases, exclusions, and words in scripts without spaces, from the asset to the result."""

from uuid import UUID

import pytest

from mediatheque.library import Library
from mediatheque.library.catalog.fields import AssetFields
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Filter
from tests import samples
from tests.library.ingest_requests import ingest_request

TITLES = (
    "two red words",
    "red words two",
    "東京タワーの夜景",
    "ภาพถ่ายกลางคืน",
    "Größe -x- 한국어로",
    "bee 🍯",
    "plain dog",
)
TAGS = {"plain dog": ("🐕", "夜空")}


@pytest.fixture
async def described(library: Library, workspace: UUID) -> Library:
    """Assets by title; the last one is embedded, the others not, so that only words can find them."""
    for seed, title in enumerate(TITLES):
        tags = [await library.catalog.tags.create(workspace, name) for name in TAGS.get(title, ())]
        details = AssetFields(title=title, tag_ids=tuple(tag.id for tag in tags))
        asset = await library.ingest.create_asset(ingest_request(workspace, samples.png(seed=seed), details=details))
    await library.search.embeddings.embed(asset.id)
    return library


WORDS: dict[str, set[str]] = {
    "夜景": {"東京タワーの夜景"},
    "タワー": {"東京タワーの夜景"},
    "ﾀﾜｰ": {"東京タワーの夜景"},
    "景": {"東京タワーの夜景"},
    "京夜": set(),
    "กลาง": {"ภาพถ่ายกลางคืน"},
    "한국": {"Größe -x- 한국어로"},
    "GRÖSSE": set(),
    "grösse or GRÖßE": {"Größe -x- 한국어로"},
    "🍯": {"bee 🍯"},
    "🐝": set(),
    "🐕": {"plain dog"},
    "美しい夜空": {"plain dog"},
    "red words -two": set(),
    "red -夜景": {"two red words", "red words two"},
    "words -'red'": set(),
}


async def test_words_find_titles_and_tags(described: Library, workspace: UUID) -> None:
    for typed, titles in WORDS.items():
        found = await described.search.hybrid.find(workspace, Filter(), Example(text=typed), 20)
        by_words = {hit.asset.title for hit in found.hits if hit.similarity is None or hit.asset.title in titles}
        assert by_words == titles, typed


CONDITIONS: dict[str, set[str]] = {
    '"red words"': {"two red words", "red words two"},
    '"words two"': {"red words two"},
    '"two words"': set(),
    'red "東京"': set(),
    '"🐕"': {"plain dog"},
    '"夜空"': {"plain dog"},
    '"words two" or "plain dog"': {"red words two", "plain dog"},
    '"words two" or bee': {"red words two", "bee 🍯"},
    '"words two" or 🐕': {"red words two", "plain dog"},
    '"red words" or bee -two': {"bee 🍯"},
    "plain \uff0ddog": set(),
    "dog": {"plain dog"},
    "plain -dog": set(),
    "plain -dogs": set(),
    "plain -🐕": set(),
    "-two": {"plain dog"},
    '-"words two"': {"plain dog"},
}


async def test_conditions_hold_for_every_ranked_list(described: Library, workspace: UUID) -> None:
    """The embedded asset is near in meaning to any text; without a phrase's words it is no result all the same."""
    for typed, titles in CONDITIONS.items():
        found = await described.search.hybrid.find(workspace, Filter(), Example(text=typed), 20)
        assert {hit.asset.title for hit in found.hits} == titles, typed
