"""No leg of a search shows what is in the trash, or lets it take the place of others."""

from uuid import UUID

import pytest

from mediatheque.errors import NotFound
from mediatheque.library import Library
from mediatheque.library.search.hybrid import Example
from mediatheque.model import Asset, Filter
from mediatheque.records.search import full_text
from tests.library.search.embedded_assets import GREEN, RED, plain, query, take


async def embedded(library: Library, workspace: UUID, **details: object) -> Asset:
    asset = await take(library, workspace, plain(RED), **details)
    await library.search.embeddings.embed(asset.id)
    return asset


async def found(library: Library, workspace: UUID, text: str) -> list[UUID]:
    page = await library.search.hybrid.find(workspace, Filter(), Example(text=text), 10)
    return [hit.asset.id for hit in page.hits]


@pytest.mark.parametrize("text", ["lighthouse", "lighthuose", "harbour", "harbuor", '"lighthouse"'])
async def test_words_tags_and_misspellings(seeing: Library, workspace: UUID, text: str) -> None:
    tag = await seeing.catalog.tags.create(workspace, "harbour")
    asset = await embedded(seeing, workspace, caption="a lighthouse", tag_ids=(tag.id,))
    assert asset.id in await found(seeing, workspace, text)
    await seeing.catalog.trash.move(workspace, asset.id)
    assert await found(seeing, workspace, text) == []
    await seeing.catalog.trash.restore(workspace, asset.id)
    assert asset.id in await found(seeing, workspace, text)


async def test_word_of_a_trashed_asset_counts_as_misspelt(seeing: Library, workspace: UUID) -> None:
    kept = await embedded(seeing, workspace, caption="a lighthouse")
    gone = await embedded(seeing, workspace, caption="a lighthuose")
    await seeing.catalog.trash.move(workspace, gone.id)
    assert await found(seeing, workspace, "lighthuose") == [kept.id]


async def test_trash_takes_no_place_among_the_ranked(
    seeing: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All have the word; only so many are ranked."""
    monkeypatch.setattr(full_text, "_MAX_RANKED", 2)
    monkeypatch.setattr(full_text, "_MAX_FUZZY", 2)
    assets = [await take(seeing, workspace, plain(GREEN), caption="a lighthouse") for _ in range(6)]
    for asset in assets[:5]:
        await seeing.catalog.trash.move(workspace, asset.id)
    await query(seeing, "DELETE FROM embedding")
    for text in ("lighthouse", "lighthuose"):
        assert await found(seeing, workspace, text) == [assets[5].id]


async def test_examples_and_similar(seeing: Library, workspace: UUID) -> None:
    kept, gone = await embedded(seeing, workspace), await embedded(seeing, workspace)
    await seeing.catalog.trash.move(workspace, gone.id)
    hits = (await seeing.search.hybrid.find(workspace, Filter(), Example(blob=gone.file.blob), 10)).hits
    assert [hit.asset.id for hit in hits] == [kept.id]
    assert await seeing.search.hybrid.find_similar_ids(workspace, Example(blob=gone.file.blob), 0) == ([kept.id], False)
    assert await seeing.search.similar.find(workspace, kept.id, 10) == []
    with pytest.raises(NotFound):
        await seeing.search.similar.find(workspace, gone.id, 10)
