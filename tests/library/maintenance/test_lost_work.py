"""Work without a task is found by what is missing: what a server of an older version left undone."""

from uuid import UUID

import pytest

from mediatheque.library import Library
from mediatheque.library.maintenance.repair import Repair
from mediatheque.library.maintenance.verify import Finding, FindingKind, Verification
from mediatheque.library.uploads.direct import DeclaredFile
from mediatheque.model import Scope
from tests import samples
from tests.library.search.embedded_assets import GREEN, RED, plain, query, take, waiting


async def found(library: Library) -> list[Finding]:
    return [finding async for finding in Verification(library.database, library.store, quick=True).findings()]


async def lose_tasks(library: Library) -> None:
    await query(library, "DELETE FROM procrastinate_jobs")


@pytest.mark.parametrize("model_known", [True, False])
async def test_asset_without_vectors_and_task_is_queued(seeing: Library, workspace: UUID, model_known: bool) -> None:
    done, lost, waits = [await take(seeing, workspace, plain(colour)) for colour in (RED, GREEN, (0, 0, 255))]
    assert await found(seeing) == []
    if model_known:
        await seeing.search.embeddings.embed(done.id)
    await query(seeing, "DELETE FROM procrastinate_jobs WHERE args ->> 'asset_id' <> %s", str(waits.id))
    expected = [lost.id] if model_known else [done.id, lost.id]
    findings = await found(seeing)
    assert sorted(finding.promised for finding in findings if finding.promised) == sorted(expected)
    assert {finding.fault for finding in findings} == {FindingKind.NOT_EMBEDDED}
    assert await seeing.maintenance.lost_work.requeue() == len(expected)
    assert sorted(await waiting(seeing)) == sorted([waits.id, *expected])
    assert (await seeing.maintenance.lost_work.requeue(), await found(seeing)) == (0, [])


async def test_asset_without_the_vector_of_its_caption_is_queued(seeing: Library, workspace: UUID) -> None:
    asset, wordless = await take(seeing, workspace, plain(RED)), await take(seeing, workspace, plain(GREEN))
    for each in (asset, wordless):
        await seeing.search.embeddings.embed(each.id)
    await query(seeing, "UPDATE asset SET caption = %s WHERE id = %s", "été", asset.id)
    await query(seeing, "UPDATE asset SET caption = %s WHERE id = %s", " \u00a0", wordless.id)
    await lose_tasks(seeing)
    assert [finding.promised for finding in await found(seeing)] == [asset.id]
    assert await seeing.maintenance.lost_work.requeue() == 1
    await seeing.search.embeddings.embed(asset.id)
    await lose_tasks(seeing)
    assert await found(seeing) == []


async def test_failed_running_and_stored_failures_are_not_queued_again(seeing: Library, workspace: UUID) -> None:
    await take(seeing, workspace, plain(RED))
    for status in ("failed", "doing"):
        await query(seeing, f"UPDATE procrastinate_jobs SET status = '{status}'")
        assert await seeing.maintenance.lost_work.requeue() == 0
    broken = await take(seeing, workspace, samples.mp3())
    await seeing.search.embeddings.embed(broken.id)
    await query(seeing, "UPDATE embedding SET vector = NULL, failure = 'damaged'")
    await query(seeing, "DELETE FROM procrastinate_jobs WHERE args ->> 'asset_id' = %s", str(broken.id))
    assert await seeing.maintenance.lost_work.requeue() == 0


async def test_item_of_a_batch_without_a_task_is_queued(seeing: Library) -> None:
    key = await seeing.accounts.create_key("one", frozenset(Scope))
    principal = await seeing.accounts.authenticate(key)
    declared = DeclaredFile(name="a.png", mime="image/png", size=1)
    batch = (await seeing.uploads.direct.create(principal, [declared, declared], batched=True)).batch
    assert batch
    await lose_tasks(seeing)
    assert await found(seeing) == []
    await seeing.uploads.batches.request_completion(principal.workspace_id, batch.id)
    assert await found(seeing) == []
    await lose_tasks(seeing)
    findings = await found(seeing)
    assert [finding.fault for finding in findings] == [FindingKind.NOT_COMPLETED] * 2
    assert await Repair(seeing.database, seeing.store).repair(findings[0])
    assert await seeing.maintenance.lost_work.requeue() == 1
    (row,) = await query(seeing, "SELECT count(DISTINCT args) AS n FROM procrastinate_jobs")
    assert (row["n"], await found(seeing)) == (2, [])


async def test_expired_asset_is_owed_nothing(seeing: Library, workspace: UUID) -> None:
    await take(seeing, workspace, plain(RED))
    await query(seeing, "UPDATE file SET expires_at = now() - interval '1 second'")
    await lose_tasks(seeing)
    assert (await seeing.maintenance.lost_work.requeue(), await found(seeing)) == (0, [])


async def test_rounds_reach_every_asset_and_see_the_newest_in_each(
    seeing: Library, workspace: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediatheque.library.maintenance.lost_work._PAGE", 1)
    monkeypatch.setattr("mediatheque.library.maintenance.lost_work._PAGES_IN_A_ROUND", 2)
    assets = [await take(seeing, workspace, plain((colour, 0, 0))) for colour in range(5)]
    await lose_tasks(seeing)
    assert await seeing.maintenance.lost_work.requeue() == 2
    assets.append(await take(seeing, workspace, plain(GREEN)))
    await query(seeing, "DELETE FROM procrastinate_jobs WHERE args ->> 'asset_id' = %s", str(assets[-1].id))
    assert [await seeing.maintenance.lost_work.requeue() for _ in range(5)] == [2, 1, 1, 0, 0]
    assert sorted(await waiting(seeing)) == sorted(asset.id for asset in assets)


async def test_repair_queues_what_verify_names(seeing: Library, workspace: UUID) -> None:
    asset = await take(seeing, workspace, plain(RED))
    await lose_tasks(seeing)
    (finding,) = await found(seeing)
    repair = Repair(seeing.database, seeing.store)
    assert await repair.repair(finding) == [f"queued asset {asset.id} to be embedded"]
    assert await waiting(seeing) == [asset.id]
    assert await found(seeing) == []
