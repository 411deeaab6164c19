"""What a search may cost: whoever searches for odd things, or for many at once, holds up nobody else."""

import asyncio
from uuid import UUID

import msgspec
import pytest

from mediatheque.errors import DatabaseUnavailable, NotFound, Unavailable, Unreadable
from mediatheque.library import Library
from mediatheque.library.ingest.policy import MIB, Policy
from mediatheque.library.search.hybrid import Example
from mediatheque.library.tasks import defer
from mediatheque.model import AssetRef, Filter
from mediatheque.records.search import hybrid as records
from tests.library.ingest_requests import ingest_request
from tests.library.search.embedded_assets import GREEN, RED, plain, query, take


async def test_embedded_example_is_not_decoded_again(
    seeing: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = await take(seeing, workspace, plain(RED))
    await seeing.search.embeddings.embed(asset.id)

    async def decode(_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(seeing.search.embeddings, "frames_of", decode)
    found = await seeing.search.hybrid.find(workspace, Filter(), Example(blob=asset.file.blob), 5)
    assert [hit.asset.id for hit in found.hits] == [asset.id]
    assert found.hits[0].similarity == pytest.approx(1, abs=0.01)


async def test_examples_are_decoded_once_and_two_at_a_time(
    seeing: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when those who asked have left, and without another workspace waiting."""
    colours = [RED, GREEN, (0, 0, 255)]
    first, second, third = [(await take(seeing, workspace, plain(colour))).file.blob for colour in colours]
    other_key = await seeing.accounts.create_key("other", frozenset())
    other = (await seeing.accounts.authenticate(other_key)).workspace_id
    elsewhere = (await take(seeing, other, plain(RED))).file.blob
    go, looked, frames_of = asyncio.Event(), [], seeing.search.embeddings.frames_of

    async def decode(blob: object, edge: int) -> object:
        looked.append(blob)
        await go.wait()
        return await frames_of(blob, edge)  # type: ignore[arg-type]

    monkeypatch.setattr(seeing.search.embeddings, "frames_of", decode)

    def search(blob: object, where: UUID = workspace) -> asyncio.Task[object]:
        return asyncio.create_task(seeing.search.hybrid.find(where, Filter(), Example(blob=blob), 5))  # type: ignore[arg-type]

    running = [search(first), search(first), search(second)]
    while len(looked) < 2:
        await asyncio.sleep(0.01)
    running[2].cancel()
    with pytest.raises(Unavailable):
        await search(third)
    running.append(search(elsewhere, other))
    while len(looked) < 3:
        await asyncio.sleep(0.01)
    go.set()
    await asyncio.gather(*running, search(second), return_exceptions=True)
    assert [blob.id for blob in looked[:2]] in ([first.id, second.id], [second.id, first.id])
    assert looked[2:] == [elsewhere]
    assert all(task.exception() is None for task in (*running[:2], running[3]))
    await search(third)


async def test_failed_example_is_tried_again(seeing: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = (await take(seeing, workspace, plain(RED))).file.blob
    frames_of, failures = seeing.search.embeddings.frames_of, iter([Unavailable()])

    async def decode(blob: object, edge: int) -> object:
        for failure in failures:
            raise failure
        return await frames_of(blob, edge)  # type: ignore[arg-type]

    monkeypatch.setattr(seeing.search.embeddings, "frames_of", decode)
    with pytest.raises(Unavailable):
        await seeing.search.hybrid.find(workspace, Filter(), Example(blob=blob), 5)
    await seeing.search.hybrid.find(workspace, Filter(), Example(blob=blob), 5)


async def test_concurrent_searches_leave_connections_free(seeing: Library, workspace: UUID) -> None:
    await take(seeing, workspace, plain(RED), name="bear.png")
    async with seeing.database.connection() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE asset IN ACCESS EXCLUSIVE MODE")
        searches = [
            asyncio.create_task(seeing.search.hybrid.find(workspace, Filter(), Example(text="bear"), 5))
            for _ in range(40)
        ]
        for _ in range(20):
            await seeing.database.ready()
            await asyncio.sleep(0.01)
        assert not any(search.done() for search in searches)
    assert all(len(found.hits) == 1 for found in await asyncio.gather(*searches))


async def test_long_text_is_cut(seeing: Library, workspace: UUID) -> None:
    bear = await take(seeing, workspace, plain(RED), name="bear.png")
    await take(seeing, workspace, plain(GREEN), name="wolf.png")
    for text in ("bear or " * 250, "bear " + "or x " * 480, "bear " * 400):
        found = await seeing.search.hybrid.find(workspace, Filter(), Example(text=text), 1)
        assert [hit.asset.id for hit in found.hits] == [bear.id]


async def test_many_tags_similar_to_the_word(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED), name="x.png")
    tags = [await seeing.catalog.tags.create(workspace, f"render {number}") for number in range(60)]
    for tag in tags:
        await seeing.catalog.asset_tags.assign(workspace, tag.id, AssetRef(asset_id=asset.id))
    found = await seeing.search.hybrid.find(workspace, Filter(), Example(text="renderr"), 1)
    assert [hit.asset.id for hit in found.hits] == [asset.id]


async def test_uploads_are_completed_before_imports_are_embedded(library: Library) -> None:
    async with library.database.transaction() as conn:
        await defer(conn, "embed_asset", asset_id=UUID(int=1))
        await defer(conn, "complete_upload", upload_id=UUID(int=2))
    rows = await query(library, "SELECT task_name FROM procrastinate_jobs ORDER BY priority DESC, id")
    assert [row["task_name"] for row in rows] == ["complete_upload", "embed_asset"]


async def test_slow_search_is_unavailable(seeing: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its statement, too: PostgreSQL goes on with nothing."""
    monkeypatch.setattr("mediatheque.library.search.hybrid._TIMEOUT_SECONDS", 0.2)
    await take(seeing, workspace, plain(RED), name="bear.png")
    async with seeing.database.connection() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE asset IN ACCESS EXCLUSIVE MODE")
        for _ in range(3):
            with pytest.raises(Unavailable):
                await seeing.search.hybrid.find(workspace, Filter(), Example(text="bear"), 5)
        assert not await query(seeing, "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    monkeypatch.undo()
    assert len((await seeing.search.hybrid.find(workspace, Filter(), Example(text="bear"), 5)).hits) == 1


async def test_example_without_decoder(seeing: Library, workspace: UUID) -> None:
    stranger = msgspec.structs.replace(
        ingest_request(workspace, b"neither this nor that"), policy=Policy(max_bytes=MIB, allow_unknown_types=True)
    )
    asset = await seeing.ingest.create_asset(stranger)
    with pytest.raises(Unreadable):
        await seeing.search.hybrid.find(workspace, Filter(), Example(blob=asset.file.blob), 5)


async def test_example_with_missing_bytes(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED))
    await seeing.store.delete(asset.file.blob.storage_key)
    with pytest.raises(NotFound):
        await seeing.search.hybrid.find(workspace, Filter(), Example(blob=asset.file.blob), 5)


async def test_failed_search_cancels_its_other_query(
    seeing: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it asked for beside is called off, and its turn is free."""
    await take(seeing, workspace, plain(RED), name="bear.png")

    async def fail(*_: object, **__: object) -> object:
        await asyncio.sleep(0.1)
        raise DatabaseUnavailable from ValueError("why")

    monkeypatch.setattr(records, "by_example", fail)
    async with seeing.database.connection() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE tag IN ACCESS EXCLUSIVE MODE")
        for _ in range(6):
            with pytest.raises(DatabaseUnavailable) as failed:
                await asyncio.wait_for(seeing.search.hybrid.find(workspace, Filter(), Example(text="bear"), 5), 3)
            assert isinstance(failed.value.__cause__, ValueError)
        assert not await query(seeing, "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    monkeypatch.undo()
    assert len((await seeing.search.hybrid.find(workspace, Filter(), Example(text="bear"), 5)).hits) == 1
