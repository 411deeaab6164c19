"""A keep is accepted, polled, and its outputs are saved, each as one asset."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from mediatheque.errors import Conflict, Invalid, LibraryError, Missing, NotFound
from mediatheque.model import AssetRef, Cursor
from mediatheque.model.keep import Keep, KeepFilter, KeepState, Labels, OutputState
from tests import samples
from tests.library.keep.attempts import Attempts
from tests.providers.vendors import KEY, Vendors, as_json


async def test_running_request_is_polled_until_it_is_done(attempts: Attempts, vendors: Vendors) -> None:
    id = vendors.fal_request("fal-ai/flux/dev")
    keep = await attempts.accept(request_id=id)
    assert keep.state is KeepState.WAITING
    waiting = await attempts.advance(keep)
    assert (waiting.state, waiting.attempts, waiting.reason) == (KeepState.WAITING, 1, None)
    assert waiting.next_attempt_at
    assert waiting.next_attempt_at > datetime.now(UTC)
    vendors.media["b.mp4"] = samples.mp4()
    vendors.fal[id] |= {
        "status": "COMPLETED",
        "result": vendors.fal_result("a.png", video={"url": vendors.media_url("b.mp4"), "content_type": "video/mp4"}),
    }
    done = await attempts.advance(keep, 2)
    assert (done.state, done.reason, done.next_attempt_at) == (KeepState.DONE, None, None)
    assert [(each.path, each.state) for each in done.outputs] == [
        ("/images/0/url", OutputState.KEPT),
        ("/video/url", OutputState.KEPT),
    ]
    picture, film = await attempts.assets(done)
    assert (picture.kind, film.kind) == ("image", "video")
    assert {asset.request_id for asset in (picture, film)} == {id}
    assert {asset.endpoint for asset in (picture, film)} == {"fal-ai/flux/dev"}
    assert {asset.source for asset in (picture, film)} == {"response"}
    assert picture.caption == "a red fox"
    assert all(
        headers["authorization"] == "Key " + KEY for _, path, headers in vendors.requests if "/media" not in path
    )
    assert all("authorization" not in headers for _, path, headers in vendors.requests if "/media" in path)


@pytest.mark.parametrize(
    ("provider", "order"),
    [
        ("krea", {"request_id": "job-1"}),
        ("krea", {"url": "{}/krea/jobs/job-1"}),
        ("replicate", {"request_id": "job-1"}),
        ("replicate", {"url": "{}/replicate/v1/predictions/job-1"}),
        ("heygen", {"request_id": "job-1"}),
        ("heygen", {"request_id": "job-1", "endpoint": "v3"}),
        ("heygen", {"url": "{}/heygen/v3/videos/job-1"}),
    ],
)
async def test_every_provider_is_polled(
    attempts: Attempts, vendors: Vendors, provider: str, order: dict[str, str]
) -> None:
    vendors.media["film.mp4"] = samples.mp4()
    told = {
        "krea": lambda: vendors.krea_job("job-1", "completed", "film.mp4"),
        "replicate": lambda: vendors.prediction("job-1", "succeeded", [vendors.media_url("film.mp4")]),
        "heygen": lambda: vendors.heygen_video("job-1", "completed", vendors.media_url("film.mp4")),
    }
    told[provider]()
    keep = await attempts.accept(provider, **{name: text.format(vendors.url) for name, text in order.items()})
    assert keep.request_id == "job-1"
    done = await attempts.advance(keep, 2)
    assert (done.state, done.reason) == (KeepState.DONE, None)
    (film,) = await attempts.assets(done)
    assert (film.kind, film.request_id) == ("video", "job-1")


async def test_inputs_and_prompt_of_a_prediction_are_its_provenance(attempts: Attempts, vendors: Vendors) -> None:
    vendors.prediction("p-1", "succeeded", {"image": vendors.media_url("a.png"), "text": "no url"})
    done = await attempts.advance(await attempts.accept("replicate", request_id="p-1"), 2)
    (asset,) = await attempts.assets(done)
    lineage = await attempts.library.lineage.get(attempts.workspace, asset.id, 2)
    kinds = {type(node).__name__ for node in lineage.nodes}
    assert kinds == {"AssetNode", "RequestNode", "UrlNode"}
    assert asset.endpoint == "black-forest-labs/flux-schnell"
    (request,) = await attempts.query("SELECT prompt FROM generation WHERE request_id = 'p-1'")
    assert request["prompt"] == "a red fox"


async def test_same_request_is_one_keep(attempts: Attempts, vendors: Vendors) -> None:
    id = vendors.fal_request(status="COMPLETED", result=vendors.fal_result("a.png"))
    first = await attempts.accept(request_id=id)
    second = await attempts.accept(request_id=id)
    assert first.id == second.id
    assert len(await attempts.jobs()) == 1
    await attempts.advance(first, 4)
    third = await attempts.accept(request_id=id)
    assert (third.id, third.state) == (first.id, KeepState.DONE)
    assert vendors.count("/media/a.png") == 1
    assert await attempts.count() == 1


async def test_workspaces_have_keeps_of_their_own(attempts: Attempts, vendors: Vendors) -> None:
    id = vendors.fal_request(status="COMPLETED", result=vendors.fal_result("a.png"))
    keep = await attempts.accept(request_id=id)
    with pytest.raises(NotFound):
        await attempts.library.keep.keeps.get(uuid4(), keep.id)
    with pytest.raises(NotFound):
        await attempts.library.keep.keeps.cancel(uuid4(), keep.id)
    assert await attempts.library.keep.keeps.page(uuid4(), KeepFilter(), None, 10) == ([], False)


async def test_result_that_the_client_has_is_kept_without_a_key(attempts: Attempts, vendors: Vendors) -> None:
    keep = await attempts.accept(key=None, response=vendors.fal_result("a.png"), request_id="r-1")
    assert keep.state is KeepState.SAVING
    done = await attempts.advance(keep)
    assert (done.state, done.request_id) == (KeepState.DONE, "r-1")
    again = await attempts.accept(key=None, response=vendors.fal_result("a.png"), request_id="r-1")
    assert again.id == keep.id


async def test_url_of_an_output_is_kept(attempts: Attempts, vendors: Vendors) -> None:
    keep = await attempts.accept(key=None, url=vendors.media_url("a.png"))
    done = await attempts.advance(keep)
    assert (done.state, done.request_id, done.outputs[0].path) == (KeepState.DONE, None, "")
    again = await attempts.accept(key=None, url=vendors.media_url("a.png"))
    assert again.id == keep.id


async def test_data_uris_are_outputs(attempts: Attempts) -> None:
    uri = f"data:image/png;base64,{b64encode(samples.png()).decode()}"
    keep = await attempts.accept(key=None, response={"images": [{"url": uri}], "text": "data: no"}, request_id="d-1")
    done = await attempts.advance(keep)
    assert done.state is KeepState.DONE
    (asset,) = await attempts.assets(done)
    assert asset.file.blob.size == len(samples.png())
    assert done.outputs[0].url == "", "what is kept needs no second place"


async def test_labels_are_given_to_every_output(attempts: Attempts, vendors: Vendors) -> None:
    vendors.media["b.png"] = samples.png(seed=1)
    tag = await attempts.library.catalog.tags.create(attempts.workspace, "fox")
    labels = Labels(title="Fox", tag_ids=(tag.id,), metadata={"shot": "12"})
    keep = await attempts.accept(
        key=None, response=vendors.fal_result("a.png", "b.png"), request_id="l-1", labels=labels
    )
    assets = await attempts.assets(await attempts.advance(keep))
    assert [asset.title for asset in assets] == ["Fox 1", "Fox 2"]
    assert all(asset.tags == (tag,) for asset in assets)
    assert all(asset.metadata == {"shot": "12"} for asset in assets)


async def test_content_is_kept_when_its_labels_are_gone(attempts: Attempts, vendors: Vendors) -> None:
    tag = await attempts.library.catalog.tags.create(attempts.workspace, "fox")
    keep = await attempts.accept(
        key=None, response=vendors.fal_result("a.png"), request_id="l-2", labels=Labels(tag_ids=(tag.id,))
    )
    await attempts.library.catalog.tags.delete(attempts.workspace, tag.id)
    (asset,) = await attempts.assets(await attempts.advance(keep))
    assert asset.tags == ()


@pytest.mark.parametrize(
    ("provider", "order", "error", "param"),
    [
        ("fal", {}, Missing, "request_id"),
        ("fal", {"request_id": "r", "key": None}, Missing, "key"),
        ("fal", {"request_id": "../../x"}, Invalid, "request_id"),
        ("fal", {"request_id": "r", "endpoint": "flux"}, Invalid, "endpoint"),
        ("fal", {"request_id": "r", "endpoint": "../../../x"}, Invalid, "endpoint"),
        ("fal", {"request_id": "r", "endpoint": None}, Missing, "endpoint"),
        ("heygen", {"request_id": "r", "endpoint": "v9"}, Invalid, "endpoint"),
        ("krea", {"response": {"status": "completed"}}, Invalid, "response"),
        ("replicate", {"response": {}}, Invalid, "response"),
        ("fal", {"request_id": "r", "labels": Labels(tag_ids=(uuid4(),))}, NotFound, "tag_ids"),
        ("fal", {"request_id": "r", "labels": Labels(collection_id=uuid4())}, NotFound, "collection_id"),
    ],
)
async def test_order_that_cannot_work_is_refused_and_leaves_nothing(
    attempts: Attempts, provider: str, order: dict[str, object], error: type[LibraryError], param: str
) -> None:
    with pytest.raises(error) as caught:
        await attempts.accept(provider, **order)  # type: ignore[arg-type]
    assert caught.value.param == param
    assert await attempts.jobs() == []
    assert await attempts.library.keep.keeps.page(attempts.workspace, KeepFilter(), None, 10) == ([], False)


async def test_refused_key_is_a_dead_letter_and_a_retry_with_another_one_works(
    attempts: Attempts, vendors: Vendors
) -> None:
    id = vendors.fal_request(status="COMPLETED", result=vendors.fal_result("a.png"))
    keep = await attempts.accept(request_id=id, key="wrong-key-wrong-key")
    failed = await attempts.advance(keep)
    assert (failed.state, failed.reason) == (KeepState.FAILED, "fal does not accept the API key (401).")
    assert failed.sealed_key is None
    retried = await attempts.library.keep.keeps.retry(attempts.workspace, keep.id, KEY)
    assert (retried.state, retried.reason) == (KeepState.WAITING, None)
    done = await attempts.advance(keep, 2)
    assert (done.state, done.sealed_key) == (KeepState.DONE, None)


async def test_failed_request_is_a_dead_letter_that_says_why(attempts: Attempts, vendors: Vendors) -> None:
    detail = {"detail": [{"loc": ["body", "prompt"], "msg": "Prompt was refused", "type": "content_policy_violation"}]}
    id = vendors.fal_request(status="COMPLETED", result=as_json(detail, 422))
    failed = await attempts.advance(await attempts.accept(request_id=id))
    assert (failed.state, failed.reason) == (KeepState.FAILED, "Prompt was refused")
    vendors.prediction("p-2", "failed", error=f"bad input, key {KEY}")
    failed = await attempts.advance(await attempts.accept("replicate", request_id="p-2"))
    assert (failed.state, failed.reason) == (KeepState.FAILED, "bad input, key ***")


async def test_provider_that_is_away_is_asked_again_until_the_time_is_over(
    attempts: Attempts, vendors: Vendors
) -> None:
    vendors.answers["/krea/jobs/j-1"] = (503, {}, b"away")
    keep = await attempts.accept("krea", request_id="j-1")
    waiting = await attempts.advance(keep, 2)
    assert (waiting.state, waiting.failures) == (KeepState.WAITING, 2)
    assert waiting.reason == "krea did not answer: The API answered with status 503."
    await attempts.age(keep, timedelta(hours=49))
    failed = await attempts.advance(keep)
    assert (failed.state, failed.reason) == (KeepState.FAILED, waiting.reason)


async def test_unknown_request_is_asked_for_some_minutes(attempts: Attempts) -> None:
    keep = await attempts.accept("krea", request_id="unknown")
    assert (await attempts.advance(keep)).state is KeepState.WAITING
    await attempts.age(keep, timedelta(minutes=16))
    failed = await attempts.advance(keep)
    assert (failed.state, failed.reason) == (KeepState.FAILED, "krea does not know the request (404).")


async def test_request_that_never_ends_is_a_dead_letter(attempts: Attempts, vendors: Vendors) -> None:
    keep = await attempts.accept(request_id=vendors.fal_request())
    await attempts.age(keep, timedelta(hours=49))
    failed = await attempts.advance(keep)
    assert (failed.state, failed.reason) == (KeepState.FAILED, "fal did not finish the request in time.")


async def test_canceled_keep_is_not_attempted_until_it_is_ordered_again(attempts: Attempts, vendors: Vendors) -> None:
    id = vendors.fal_request(status="COMPLETED", result=vendors.fal_result("a.png"))
    keep = await attempts.accept(request_id=id)
    canceled = await attempts.library.keep.keeps.cancel(attempts.workspace, keep.id)
    assert (canceled.state, canceled.sealed_key) == (KeepState.CANCELED, None)
    assert (await attempts.advance(keep)).state is KeepState.CANCELED
    assert vendors.requests == []
    with pytest.raises(Conflict):
        await attempts.library.keep.keeps.cancel(attempts.workspace, keep.id)
    with pytest.raises(Conflict):
        await attempts.library.keep.keeps.retry(attempts.workspace, keep.id, None)
    await attempts.accept(request_id=id)
    assert (await attempts.advance(keep, 2)).state is KeepState.DONE


async def test_list_has_a_cursor_and_filters(attempts: Attempts, vendors: Vendors) -> None:
    keeps = [await attempts.accept("krea", request_id=f"j-{number}") for number in range(3)]
    await attempts.library.keep.keeps.cancel(attempts.workspace, keeps[1].id)

    async def ids(wanted: KeepFilter, after: Keep | None = None, limit: int = 10) -> list[str | None]:
        cursor = Cursor(after.created_at, after.id) if after else None
        found, _ = await attempts.library.keep.keeps.page(attempts.workspace, wanted, cursor, limit)
        return [keep.request_id for keep in found]

    assert await ids(KeepFilter()) == ["j-2", "j-1", "j-0"]
    assert await ids(KeepFilter(), after=keeps[2]) == ["j-1", "j-0"]
    assert await ids(KeepFilter(state=KeepState.CANCELED)) == ["j-1"]
    assert await ids(KeepFilter(provider="fal")) == []
    assert await ids(KeepFilter(request_id="j-0")) == ["j-0"]


async def test_output_made_into_an_asset_before_its_record_is_not_made_again(
    attempts: Attempts, vendors: Vendors
) -> None:
    """As after a kill between the two."""
    keep = await attempts.accept(key=None, response=vendors.fal_result("a.png"), request_id="k-1")
    await attempts.advance(keep)
    await attempts.query("UPDATE keep SET state = 'saving', next_attempt_at = now() WHERE id = %s", keep.id)
    await attempts.query("UPDATE keep_output SET state = 'pending' WHERE keep_id = %s", keep.id)
    done = await attempts.advance(keep)
    assert done.state is KeepState.DONE
    assert await attempts.count() == 1
    assert vendors.count("/media/a.png") == 1


async def test_asset_is_found_by_the_request(attempts: Attempts, vendors: Vendors) -> None:
    keep = await attempts.accept(key=None, response=vendors.fal_result("a.png"), request_id="k-2")
    done = await attempts.advance(keep)
    await attempts.library.catalog.assets.set_favorite(attempts.workspace, AssetRef(request_id="k-2"), True)
    (asset,) = await attempts.assets(done)
    assert asset.is_favorite
