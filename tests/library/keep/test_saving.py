"""Outputs whose URLs end, fail or are not media: retried, asked for anew, skipped, or dead letters that say why."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mediatheque.errors import BlobsUnavailable, StorageFull
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.library import Library
from mediatheque.library.ingest.pipeline import Intake
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.provider import Provider
from mediatheque.library.keep.work import KeepWork
from mediatheque.model.keep import Keep, KeepState, OutputState
from mediatheque.providers.config import ProvidersConfig
from mediatheque.providers.krea import Krea
from mediatheque.providers.service import Access
from tests import samples
from tests.library.keep.attempts import Attempts
from tests.providers.vendors import KEY, Vendors


async def keep_of(attempts: Attempts, *urls: str, **more: Any) -> Keep:
    response = {"images": [{"url": url, "content_type": "image/png"} for url in urls], **more}
    return await attempts.accept(key=None, response=response, request_id="r-1")


async def test_url_that_fails_is_retried_for_as_long_as_the_keep_lives(attempts: Attempts, vendors: Vendors) -> None:
    vendors.media["late.png"] = lambda: (503, {}, b"")
    keep = await keep_of(attempts, vendors.media_url("a.png"), vendors.media_url("late.png"))
    waiting = await attempts.advance(keep, 12)
    assert (waiting.state, waiting.failures) == (KeepState.SAVING, 12)
    assert waiting.reason == "The URL answered with status 503."
    assert [each.state for each in waiting.outputs] == [OutputState.KEPT, OutputState.PENDING]
    assert vendors.count("/media/a.png") == 1
    vendors.media["late.png"] = samples.png(seed=2)
    assert (await attempts.advance(keep)).state is KeepState.DONE


async def test_retry_ends_with_the_time_of_the_keep(attempts: Attempts, vendors: Vendors) -> None:
    vendors.media["late.png"] = lambda: (503, {}, b"")
    keep = await keep_of(attempts, vendors.media_url("a.png"), vendors.media_url("late.png"))
    await attempts.age(keep, timedelta(hours=49))
    failed = await attempts.advance(keep)
    assert failed.state is KeepState.FAILED
    assert failed.reason == "1 of 2 outputs could not be kept: The URL answered with status 503."
    vendors.media["late.png"] = samples.png(seed=2)
    await attempts.library.keep.keeps.retry(attempts.workspace, keep.id, None)
    done = await attempts.advance(keep)
    assert (done.state, vendors.count("/media/a.png")) == (KeepState.DONE, 1)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_url_that_has_ended_is_a_dead_letter(attempts: Attempts, vendors: Vendors, status: int) -> None:
    vendors.media["gone.png"] = lambda: (status, {}, b"")
    keep = await keep_of(attempts, vendors.media_url("gone.png"))
    assert (await attempts.advance(keep, 4)).state is KeepState.SAVING
    failed = await attempts.advance(keep)
    assert failed.state is KeepState.FAILED
    assert failed.reason == f"1 of 1 outputs could not be kept: The URL answered with status {status}."


async def test_ended_url_is_asked_for_anew(attempts: Attempts, vendors: Vendors) -> None:
    """HeyGen's URLs end; asking again tells fresh ones."""
    vendors.heygen_video("v-1", "completed", vendors.media_url("expired.png"), thumbnail_url=vendors.media_url("a.png"))
    keep = await attempts.accept("heygen", request_id="v-1")
    await attempts.advance(keep)
    vendors.media["fresh.mp4"] = samples.mp4()
    vendors.heygen_video("v-1", "completed", vendors.media_url("fresh.mp4"), thumbnail_url=vendors.media_url("a.png"))
    waiting = await attempts.advance(keep)
    assert [each.url for each in waiting.outputs] == [vendors.media_url("fresh.mp4"), vendors.media_url("a.png")]
    done = await attempts.advance(keep)
    assert (done.state, done.reason) == (KeepState.DONE, None)
    assert (vendors.count("/media/expired.png"), vendors.count("/media/a.png")) == (1, 1)


async def test_url_of_a_foreign_host_is_not_fetched(attempts: Attempts, vendors: Vendors) -> None:
    keep = await keep_of(
        attempts, "http://169.254.169.254/x.png", "https://evil.test/x.png", vendors.media_url("a.png")
    )
    failed = await attempts.advance(keep)
    assert [each.state for each in failed.outputs] == [OutputState.FAILED, OutputState.FAILED, OutputState.KEPT]
    assert failed.reason
    assert "169.254.169.254: it is not among the allowed hosts" in failed.reason


async def test_text_that_only_looks_like_a_url_costs_no_other_output(attempts: Attempts, vendors: Vendors) -> None:
    done = await attempts.advance(await keep_of(attempts, "http://[::1", "https://[", vendors.media_url("a.png")))
    assert [each.state for each in done.outputs][-1] is OutputState.KEPT
    assert OutputState.PENDING not in {each.state for each in done.outputs}


async def test_redirect_to_a_foreign_host_is_not_followed(attempts: Attempts, vendors: Vendors) -> None:
    vendors.media["away.png"] = lambda: (302, {"Location": "http://169.254.169.254/latest"}, b"")
    failed = await attempts.advance(await keep_of(attempts, vendors.media_url("away.png")))
    assert (failed.state, failed.outputs[0].state) == (KeepState.FAILED, OutputState.FAILED)


async def test_what_is_no_media_is_skipped_unless_it_was_announced(attempts: Attempts, vendors: Vendors) -> None:
    vendors.media["page"] = samples.html()
    vendors.media["lies.png"] = samples.html()
    keep = await keep_of(
        attempts, vendors.media_url("a.png"), page=vendors.media_url("page"), docs="https://docs.test/about"
    )
    done = await attempts.advance(keep)
    assert done.state is KeepState.DONE
    assert {each.path: each.state for each in done.outputs} == {
        "/images/0/url": OutputState.KEPT,
        "/page": OutputState.SKIPPED,
        "/docs": OutputState.SKIPPED,
    }
    lies = await attempts.accept(key=None, response={"image": vendors.media_url("lies.png")}, request_id="r-2")
    assert (await attempts.advance(lies)).state is KeepState.FAILED


@pytest.mark.parametrize("response", [{"text": "a poem"}, {"page": "https://docs.test/about"}])
async def test_result_without_media_is_a_dead_letter(attempts: Attempts, response: dict[str, str]) -> None:
    keep = await attempts.accept(key=None, response=response, request_id="r-1")
    failed = await attempts.advance(keep)
    assert (failed.state, failed.reason) == (KeepState.FAILED, "The result has no media file.")


async def test_output_that_is_stored_already_is_the_same_asset(attempts: Attempts, vendors: Vendors) -> None:
    url = vendors.media_url("a.png")
    await attempts.advance(await attempts.accept(key=None, url=url))
    vendors.krea_job("j-1", "completed", "a.png", "a.png")
    done = await attempts.advance(await attempts.accept("krea", request_id="j-1"), 2)
    assert done.state is KeepState.DONE
    assert await attempts.count() == 1
    assert {asset.request_id for asset in await attempts.assets(done)} == {"j-1"}


@pytest.mark.parametrize("error", [BlobsUnavailable(), StorageFull()])
async def test_part_that_is_away_costs_no_output(
    attempts: Attempts, vendors: Vendors, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fail(*_: object) -> None:
        raise error

    keep = await keep_of(attempts, vendors.media_url("a.png"))
    with monkeypatch.context() as patch:
        patch.setattr(Intake, "create_asset", fail)
        waiting = await attempts.advance(keep, 20)
    assert (waiting.state, waiting.outputs[0].state) == (KeepState.SAVING, OutputState.PENDING)
    assert (await attempts.advance(keep)).state is KeepState.DONE


async def test_bug_becomes_a_dead_letter(attempts: Attempts, vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    keep = await keep_of(attempts, vendors.media_url("a.png"))
    with monkeypatch.context() as patch:
        patch.setattr(Intake, "create_asset", fail)
        assert (await attempts.advance(keep, 5)).state is KeepState.SAVING
        failed = await attempts.advance(keep)
    assert (failed.state, failed.reason) == (KeepState.FAILED, "An internal error occurred: ZeroDivisionError.")


async def test_attempts_that_end_with_their_workers_become_a_dead_letter(
    attempts: Attempts, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing after it is done."""

    async def die(*_: object) -> None:
        raise Killed

    keep = await keep_of(attempts, vendors.media_url("a.png"))
    with monkeypatch.context() as patch:
        patch.setattr(KeepWork, "_save", die)
        for _ in range(10):
            with pytest.raises(Killed):
                await attempts.advance(keep)
    failed = await attempts.advance(keep)
    assert (failed.state, failed.reason) == (KeepState.FAILED, "The last 10 attempts ended with their workers.")
    assert failed.attempts == 10


async def test_keep_without_a_task_is_scheduled_again(attempts: Attempts, vendors: Vendors) -> None:
    keep = await keep_of(attempts, vendors.media_url("a.png"))
    work = attempts.library.keep.work
    await attempts.query("DELETE FROM procrastinate_jobs")
    assert await work.requeue_lost() == 0, "its attempt is due, but not for long"
    await attempts.query("UPDATE keep SET next_attempt_at = now() - interval '2 minutes'")
    assert await work.requeue_lost() == 1
    assert await work.requeue_lost() == 0
    (job,) = await attempts.jobs()
    assert job["args"] == {"keep_id": str(keep.id)}


async def test_provider_that_this_server_does_not_know_is_a_dead_letter(attempts: Attempts) -> None:
    keep = await keep_of(attempts, "https://x.test/a.png")
    await attempts.query("UPDATE keep SET provider = 'sora'")
    failed = await attempts.advance(keep)
    assert (failed.state, failed.reason) == (KeepState.FAILED, "This server knows no provider sora.")


async def test_key_that_cannot_be_read_is_a_dead_letter(
    attempts: Attempts, library: Library, tmp_path: Path, vendors: Vendors
) -> None:
    keep = await attempts.accept("krea", request_id="j-1", key=KEY)
    provider: Provider = next(iter({"krea": Krea.__new__(Krea)}.values()))
    other = Library(
        library.database,
        library.store,
        library.sandbox,
        keep=KeepConfig(key_file=str(tmp_path / "other.key")),
        providers={"krea": provider},
    )
    await other.keep.work.advance(keep.id)
    failed = await attempts.get(keep)
    assert failed.state is KeepState.FAILED
    assert failed.reason
    assert "encrypted by a key that this server does not have" in failed.reason
    assert vendors.requests == []


def test_api_and_outputs_have_allow_lists_of_their_own(vendors: Vendors) -> None:
    """What the operator allows for outputs gets no API key."""
    fetch = FetchConfig(hosts=("media.test",))
    access = Access.of("https://api.test/v1/", ("cdn.test",), ProvidersConfig(), KeepConfig(), fetch)
    assert (access.url, access.calls.hosts, access.calls.redirects) == ("https://api.test/v1", ("api.test",), 0)
    assert access.outputs.hosts == ("cdn.test", "media.test")
