"""Another model: what the space lacks is embedded once, and nothing is lost on the way."""

import asyncio
from uuid import UUID

import pytest

from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.errors import BlobsUnavailable, Conflict, LibraryError
from mediatheque.library import Library
from mediatheque.library.search import reindex as reindexing
from mediatheque.library.search.hybrid import Example
from mediatheque.model import EmbeddingModel, Filter
from tests.library.search.embedded_assets import GREEN, embedding_models, indexes, plain, query, take


@pytest.fixture
async def seeded(seeing: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Seven assets, embedded, and small batches."""
    monkeypatch.setattr(reindexing, "_BATCH", 3)
    monkeypatch.setattr(reindexing, "_DELETE_BATCH", 3)
    monkeypatch.setattr(reindexing, "_GRACE_SECONDS", 0.01)
    assets = [await take(seeing, workspace, plain((200, n, 0)), caption="red") for n in range(7)]
    for asset in assets:
        await seeing.search.embeddings.embed(asset.id)
    return [asset.id for asset in assets]


def another(library: Library) -> Library:
    """As another process has it."""
    return Library(library.database, library.store, library.sandbox, EmbeddingConfig())


async def build(library: Library, model: EmbeddingModel) -> int:
    return sum([number async for number in library.search.reindex.build(model)])


async def whole(library: Library, model: str) -> tuple[EmbeddingModel, int]:
    async with library.search.reindex.exclusive():
        model = await library.search.reindex.begin(model)
        done = await build(library, model)
        await library.search.reindex.finish(model)
    return model, done


async def test_reindex_replaces_the_model_and_its_vectors(
    seeing: Library, workspace: UUID, seeded: list[UUID], siglip: str
) -> None:
    model, done = await whole(another(seeing), siglip)
    assert done == len(seeded)
    assert await embedding_models(seeing) == [(siglip, True)]
    assert await indexes(seeing) == 1
    rows = await query(seeing, "SELECT DISTINCT asset_id, model_id FROM embedding ORDER BY asset_id")
    assert [(row["asset_id"], row["model_id"]) for row in rows] == [(id, model.id) for id in sorted(seeded)]
    found = await another(seeing).search.hybrid.find(workspace, Filter(), Example(text="red"), 20)
    assert {hit.asset.id for hit in found.hits} == set(seeded)


async def test_interrupted_reindex_continues(seeing: Library, seeded: list[UUID], siglip: str) -> None:
    async with (first := another(seeing)).search.reindex.exclusive():
        model = await first.search.reindex.begin(siglip)
        async for number in first.search.reindex.build(model):
            assert number == 3
            break
    async with (second := another(seeing)).search.reindex.exclusive():
        assert await second.search.reindex.begin(siglip) == model
        assert await second.search.reindex.progress(model) == (3, 7)
        assert await build(second, model) == 4
    assert [active for _, active in await embedding_models(seeing)] == [True, False]


async def test_new_assets_are_embedded_with_both_models(
    seeing: Library, workspace: UUID, seeded: list[UUID], siglip: str
) -> None:
    other = another(seeing)
    async with other.search.reindex.exclusive():
        model = await other.search.reindex.begin(siglip)
        late = await take(seeing, workspace, plain(GREEN))
        await seeing.search.embeddings.embed(late.id)
        rows = await query(seeing, "SELECT model_id FROM embedding WHERE asset_id = %s", late.id)
        assert len(rows) == 2
        unseen = await take(seeing, workspace, plain(GREEN))
        assert await build(other, model) == len([*seeded, unseen])


async def test_reindex_with_the_active_model_embeds_missing_assets(
    seeing: Library, seeded: list[UUID], clip: str
) -> None:
    await query(seeing, "DELETE FROM embedding WHERE asset_id = %s", seeded[0])
    model, done = await whole(another(seeing), clip)
    assert (done, model.active) == (1, True)
    assert await embedding_models(seeing) == [(clip, True)]


async def test_reindex_with_the_active_model_drops_an_unfinished_one(
    seeing: Library, seeded: list[UUID], clip: str, siglip: str
) -> None:
    model = await seeing.search.embedding_models.add(siglip)
    await seeing.search.embeddings.embed_in([model], seeded[0])
    assert (await whole(another(seeing), clip))[1] == 0
    assert await embedding_models(seeing) == [(clip, True)]
    assert await indexes(seeing) == 1


async def test_the_first_model_of_an_empty_library(library: Library, siglip: str) -> None:
    assert (await whole(library, siglip))[1] == 0
    assert await embedding_models(library) == [(siglip, True)]
    assert await indexes(library) == 1


async def test_concurrent_reindex_is_refused(seeing: Library) -> None:
    async with seeing.search.reindex.exclusive():
        with pytest.raises(Conflict, match="reindex"):
            async with another(seeing).search.reindex.exclusive():
                pass
    async with another(seeing).search.reindex.exclusive():
        pass


async def test_expired_assets_are_skipped(seeing: Library, seeded: list[UUID], siglip: str) -> None:
    """It cannot be read, and is there until the next sweep."""
    await query(
        seeing, "UPDATE file SET expires_at = now() WHERE id = (SELECT file_id FROM asset WHERE id = %s)", seeded[0]
    )
    async with asyncio.timeout(60):
        assert (await whole(another(seeing), siglip))[1] == len(seeded) - 1
    await seeing.maintenance.garbage.run()
    assert await query(seeing, "SELECT 1 FROM embedding WHERE asset_id = %s", seeded[0]) == []


async def test_unavailable_part_of_the_library_ends_the_reindex(
    seeing: Library, seeded: list[UUID], siglip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on there when it is run again."""
    other = another(seeing)

    async def away(*_: object) -> None:
        raise BlobsUnavailable

    monkeypatch.setattr(other.search.embeddings, "frames_of", away)
    with pytest.raises(BlobsUnavailable):
        await whole(other, siglip)
    assert (await whole(another(seeing), siglip))[1] == len(seeded)


async def test_failing_asset_is_skipped(
    seeing: Library, seeded: list[UUID], siglip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = another(seeing)
    embed_in = other.search.embeddings.embed_in

    async def embed(models: list[EmbeddingModel], id: UUID) -> None:
        if id == seeded[2]:
            raise ZeroDivisionError("why ever")
        await embed_in(models, id)

    monkeypatch.setattr(other.search.embeddings, "embed_in", embed)
    await whole(other, siglip)
    rows = await query(seeing, "SELECT asset_id, failure FROM embedding WHERE failure IS NOT NULL")
    assert [(row["asset_id"], row["failure"]) for row in rows] == [(seeded[2], "ZeroDivisionError('why ever')")]


async def test_too_many_failing_assets_end_the_reindex(
    seeing: Library, seeded: list[UUID], siglip: str, clip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that fails everywhere must not take the place of one that works."""
    monkeypatch.setattr(reindexing, "_MAX_FAILED", 1)
    other = another(seeing)

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(other.search.embeddings, "embed_in", broken)
    with pytest.raises(LibraryError, match="7 of 7"):
        await whole(other, siglip)
    assert await embedding_models(seeing) == [(clip, True), (siglip, False)]
    rows = await query(seeing, "SELECT DISTINCT asset_id FROM embedding")
    assert {row["asset_id"] for row in rows} == set(seeded)
    assert (await whole(another(seeing), siglip))[1] == len(seeded)
