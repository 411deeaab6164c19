"""Webhooks are verified and recorded before they are acknowledged; a request is one keep however it is announced."""

import json
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mediatheque.errors import Invalid, LibraryError, Malformed, NotFound, SignatureRefused, Unavailable
from mediatheque.library import Library
from mediatheque.model.keep import Hook, Keep, KeepFilter, KeepState, Labels
from tests import samples
from tests.library.keep.attempts import Attempts, principal_of
from tests.providers.vendors import (
    HEYGEN_SECRET,
    KEY,
    REPLICATE_SECRET,
    Vendors,
    as_json,
    heygen_headers,
    replicate_headers,
)

SECRETS = {"heygen": HEYGEN_SECRET, "replicate": REPLICATE_SECRET}


class Receiver:
    """A hook of each provider, and deliveries to it."""

    def __init__(self, library: Library, workspace: UUID, vendors: Vendors) -> None:
        self.library, self.workspace, self.vendors = library, workspace, vendors

    async def hook(self, provider: str, **options: Any) -> Hook:
        secret = options.pop("secret", SECRETS.get(provider))
        created = await self.library.keep.hooks.create(
            principal_of(self.workspace), provider, options.pop("labels", Labels()), secret=secret, **options
        )
        return await self.library.keep.hooks.authorize(provider, created.token)

    async def send(self, hook: Hook, event: Any, headers: dict[str, str] | None = None) -> Keep | None:
        body = json.dumps(event).encode()
        headers = self.headers(hook.provider, body) if headers is None else headers
        lower = {name.lower(): value for name, value in headers.items()}
        return await self.library.keep.hooks.receive(hook, lower, body)

    def headers(self, provider: str, body: bytes, **more: Any) -> dict[str, str]:
        match provider:
            case "fal":
                return self.vendors.fal_headers("gateway-1", body, **more)
            case "heygen":
                return heygen_headers(body, **more)
            case "replicate":
                return replicate_headers(body, **more)
            case _:
                return {}

    def done(self, provider: str, id: str = "r-1") -> dict[str, Any]:
        """The webhook that announces a finished request."""
        url = self.vendors.media_url("a.png")
        match provider:
            case "fal":
                return {"request_id": id, "gateway_request_id": id, "status": "OK", "payload": {"image": {"url": url}}}
            case "heygen":
                data = {"video_id": id, "url": url, "callback_id": "c", "video_share_page_url": "https://x.test/s"}
                return {"event_type": "avatar_video.success", "event_data": data}
            case "replicate":
                return self.vendors.prediction(id, "succeeded", [url])
            case _:
                return self.vendors.krea_job(id, "completed", "a.png")

    async def keeps(self) -> list[Keep]:
        return (await self.library.keep.keeps.page(self.workspace, KeepFilter(), None, 100))[0]


@pytest.fixture
def receiver(library: Library, workspace: UUID, vendors: Vendors) -> Receiver:
    return Receiver(library, workspace, vendors)


PROVIDERS = ["fal", "heygen", "krea", "replicate"]
SIGNED = ["fal", "heygen", "replicate"]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_webhook_becomes_an_asset_without_any_key(receiver: Receiver, attempts: Attempts, provider: str) -> None:
    hook = await receiver.hook(provider, labels=Labels(title="Fox"))
    keep = await receiver.send(hook, receiver.done(provider))
    assert keep is not None
    assert (keep.state, keep.request_id) == (KeepState.SAVING, "r-1")
    done = await attempts.advance(keep)
    assert done.state is KeepState.DONE
    (asset,) = await attempts.assets(done)
    assert (asset.title, asset.request_id) == ("Fox", "r-1")


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_same_webhook_twice_is_one_asset(receiver: Receiver, attempts: Attempts, provider: str) -> None:
    hook, event = await receiver.hook(provider), receiver.done(provider)
    keep = await receiver.send(hook, event)
    again = await receiver.send(hook, event)
    assert keep
    assert again
    assert keep.id == again.id
    await attempts.advance(keep)
    last = await receiver.send(hook, event)
    assert last
    assert last.state is KeepState.DONE
    await attempts.advance(keep)
    assert await attempts.count() == 1
    assert receiver.vendors.count("/media/a.png") == 1


@pytest.mark.parametrize("provider", SIGNED)
@pytest.mark.parametrize(
    "forge",
    [
        lambda headers: {},
        lambda headers: {name: "00" if "ignature" in name else value for name, value in headers.items()},
        lambda headers: {name: "" if "imestamp" in name else value for name, value in headers.items()},
        lambda headers: {name: "\u00e9" if "ignature" in name else value for name, value in headers.items()},
    ],
)
async def test_wrong_signature_is_refused_and_leaves_nothing(
    receiver: Receiver, provider: str, forge: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    hook, event = await receiver.hook(provider), receiver.done(provider)
    headers = forge(receiver.headers(provider, json.dumps(event).encode()))
    with pytest.raises(SignatureRefused):
        await receiver.send(hook, event, headers)
    assert await receiver.keeps() == []


@pytest.mark.parametrize("provider", SIGNED)
@pytest.mark.parametrize("age", [-400, 400])
async def test_webhook_of_another_time_is_refused(receiver: Receiver, provider: str, age: int) -> None:
    hook, event = await receiver.hook(provider), receiver.done(provider)
    body = json.dumps(event).encode()
    with pytest.raises(SignatureRefused):
        await receiver.send(hook, event, receiver.headers(provider, body, at=time.time() + age))
    assert await receiver.send(hook, event, receiver.headers(provider, body, at=time.time() + age * 0.5))


@pytest.mark.parametrize("provider", SIGNED)
async def test_signature_of_another_body_or_secret_is_refused(receiver: Receiver, provider: str) -> None:
    hook = await receiver.hook(provider)
    other = json.dumps(receiver.done(provider, "r-2")).encode()
    with pytest.raises(SignatureRefused):
        await receiver.send(hook, receiver.done(provider), receiver.headers(provider, other))
    if provider in SECRETS:
        secret = "whsec_" + b64encode(b"another secret of thirty bytes").decode()
        hook = await receiver.hook(provider, secret=secret)
        with pytest.raises(SignatureRefused):
            await receiver.send(hook, receiver.done(provider))
    assert await receiver.keeps() == []


@pytest.mark.parametrize("provider", ["heygen", "replicate"])
async def test_hook_without_secret_refuses_until_it_is_set(receiver: Receiver, provider: str) -> None:
    hook = await receiver.hook(provider, secret=None)
    with pytest.raises(SignatureRefused):
        await receiver.send(hook, receiver.done(provider))
    hook = await receiver.library.keep.hooks.set_secret(receiver.workspace, hook.id, SECRETS[provider])
    assert await receiver.send(hook, receiver.done(provider))


async def test_older_webhook_of_heygen_is_verified(receiver: Receiver) -> None:
    hook, event = await receiver.hook("heygen"), receiver.done("heygen")
    signature = heygen_headers(json.dumps(event).encode())["Heygen-Signature"]
    assert await receiver.send(hook, event, {"Signature": signature})
    with pytest.raises(SignatureRefused):
        await receiver.send(hook, event, {"Signature": signature[::-1]})


async def test_keys_of_fal_are_read_once_and_again_when_they_change(
    receiver: Receiver, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = await receiver.hook("fal")
    for number in range(3):
        assert await receiver.send(hook, receiver.done("fal", f"r-{number}"))
    assert vendors.count("/jwks.json") == 1
    vendors.signing_key = Ed25519PrivateKey.generate()
    with pytest.raises(SignatureRefused):
        await receiver.send(hook, receiver.done("fal", "r-9"))
    assert vendors.count("/jwks.json") == 1, "a wrong signature does not make the keys be read each time"
    monkeypatch.setattr("mediatheque.providers.jwks._MIN_AGE", 0)
    assert await receiver.send(hook, receiver.done("fal", "r-9"))
    assert vendors.count("/jwks.json") == 2


async def test_webhook_of_fal_is_not_refused_for_good_when_its_keys_cannot_be_read(
    receiver: Receiver, vendors: Vendors
) -> None:
    vendors.answers["/jwks.json"] = (500, {}, b"")
    hook = await receiver.hook("fal")
    with pytest.raises(Unavailable):
        await receiver.send(hook, receiver.done("fal"))
    assert await receiver.keeps() == []


@pytest.mark.parametrize(
    ("provider", "event", "reason"),
    [
        ("fal", {"request_id": "r-1", "status": "ERROR", "error": "Invalid status code: 422",
                 "payload": {"detail": [{"msg": "Prompt is too long"}]}}, "Prompt is too long"),
        ("fal", {"request_id": "r-1", "status": "ERROR", "error": "Timed out", "payload": None}, "Timed out"),
        ("heygen", {"event_type": "avatar_video.fail", "event_data": {"video_id": "r-1", "msg": "no credit"}},
         "no credit"),
        ("krea", {"job_id": "r-1", "status": "failed", "result": {"error": "moderated"}}, "moderated"),
        ("replicate", {"id": "r-1", "status": "failed", "error": "CUDA out of memory"}, "CUDA out of memory"),
        ("replicate", {"id": "r-1", "status": "canceled"}, "Replicate says: canceled."),
    ],
)  # fmt: skip
async def test_failure_is_a_dead_letter_until_a_result_comes(
    receiver: Receiver, provider: str, event: dict[str, Any], reason: str
) -> None:
    hook = await receiver.hook(provider)
    keep = await receiver.send(hook, event)
    assert keep
    assert (keep.state, keep.reason) == (KeepState.FAILED, reason)
    keep = await receiver.send(hook, receiver.done(provider))
    assert keep
    assert (keep.state, keep.reason) == (KeepState.SAVING, None)


async def test_webhooks_may_come_in_any_order(receiver: Receiver, attempts: Attempts, vendors: Vendors) -> None:
    hook = await receiver.hook("replicate")
    done = vendors.prediction("r-1", "succeeded", [vendors.media_url("a.png")])
    early = vendors.prediction("r-1", "processing", [])
    started = await receiver.send(hook, early)
    assert started
    assert started.state is KeepState.WAITING
    waiting = await attempts.advance(started)
    assert (waiting.state, waiting.next_attempt_at) == (KeepState.WAITING, waiting.give_up_at)
    keep = await receiver.send(hook, done)
    assert keep
    assert keep.state is KeepState.SAVING
    late = await receiver.send(hook, early)
    assert late
    assert late.state is KeepState.SAVING
    assert (await attempts.advance(keep)).state is KeepState.DONE
    late = await receiver.send(hook, early)
    assert late
    assert late.state is KeepState.DONE
    assert len(await receiver.keeps()) == 1


async def test_webhook_completes_a_keep_that_waits_at_once(
    receiver: Receiver, attempts: Attempts, vendors: Vendors
) -> None:
    """The task that was scheduled for the next poll begins now, instead of a second one behind it."""
    keep = await attempts.accept(request_id=vendors.fal_request(), labels=Labels(title="Mine"))
    waiting = await attempts.advance(keep)
    assert waiting.request_id
    jobs = await attempts.jobs()
    hook = await receiver.hook("fal", labels=Labels(title="The hook's"))
    told = await receiver.send(hook, receiver.done("fal", waiting.request_id))
    assert told
    assert told.id == keep.id
    assert [job["id"] for job in await attempts.jobs()] == [job["id"] for job in jobs]
    (job,) = await attempts.query(
        "SELECT bool_and(COALESCE(scheduled_at <= now(), true)) AS due FROM procrastinate_jobs"
    )
    assert job["due"]
    done = await attempts.advance(keep)
    assert done.state is KeepState.DONE
    assert [asset.title for asset in await attempts.assets(done)] == ["Mine"]


async def test_unsigned_webhook_is_asked_for_when_a_key_is_stored(
    receiver: Receiver, attempts: Attempts, vendors: Vendors
) -> None:
    await attempts.library.keep.provider_keys.store(attempts.workspace, "krea", KEY)
    hook = await receiver.hook("krea")
    forged = {"job_id": "j-1", "status": "completed", "result": {"urls": ["https://evil.test/x.png"]}}
    keep = await receiver.send(hook, forged)
    assert keep
    assert keep.state is KeepState.WAITING
    vendors.krea_job("j-1", "completed", "a.png")
    done = await attempts.advance(keep, 2)
    assert (done.state, done.outputs[0].url) == (KeepState.DONE, vendors.media_url("a.png"))


async def test_result_that_fal_could_not_send_is_asked_for(
    receiver: Receiver, attempts: Attempts, vendors: Vendors
) -> None:
    id = vendors.fal_request(status="COMPLETED", result=vendors.fal_result("a.png"))
    await attempts.library.keep.provider_keys.store(attempts.workspace, "fal", KEY)
    hook = await receiver.hook("fal", endpoint="fal-ai/flux/dev")
    event = {"request_id": id, "status": "OK", "payload": None, "payload_error": "Response payload is too large"}
    keep = await receiver.send(hook, event)
    assert keep
    done = await attempts.advance(keep, 2)
    assert (done.state, done.endpoint) == (KeepState.DONE, "fal-ai/flux/dev")


async def test_second_event_of_heygen_adds_what_is_new(
    receiver: Receiver, attempts: Attempts, vendors: Vendors
) -> None:
    vendors.media["a.gif"] = samples.gif()
    hook = await receiver.hook("heygen")
    keep = await receiver.send(hook, receiver.done("heygen"))
    assert keep
    assert (await attempts.advance(keep)).state is KeepState.DONE
    data = {"video_id": "r-1", "url": vendors.media_url("a.gif")}
    again = await receiver.send(hook, {"event_type": "avatar_video_gif.success", "event_data": data})
    assert again
    assert (again.id, again.state) == (keep.id, KeepState.SAVING)
    done = await attempts.advance(keep)
    assert [output.path for output in done.outputs] == ["/gif_url", "/video_url"]
    assert await attempts.count() == 2


@pytest.mark.parametrize(
    ("provider", "event"),
    [
        ("heygen", {"event_type": "instant_avatar.success", "event_data": {"avatar_id": "a"}}),
        ("fal", {"status": "OK", "images": []}),
    ],
)
async def test_event_with_nothing_to_keep_is_acknowledged(
    receiver: Receiver, provider: str, event: dict[str, Any]
) -> None:
    assert await receiver.send(await receiver.hook(provider), event) is None
    assert await receiver.keeps() == []


@pytest.mark.parametrize(
    ("provider", "event", "error"),
    [
        ("fal", [], Invalid),
        ("krea", {"job_id": 7}, Invalid),
        ("replicate", {"status": "succeeded"}, Invalid),
        ("heygen", {"data": 1}, Invalid),
    ],
)
async def test_signed_nonsense_is_refused(
    receiver: Receiver, provider: str, event: Any, error: type[LibraryError]
) -> None:
    with pytest.raises(error):
        await receiver.send(await receiver.hook(provider), event)
    assert await receiver.keeps() == []


async def test_webhook_that_is_no_json_is_refused(receiver: Receiver) -> None:
    hook = await receiver.hook("krea")
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises((Malformed, Invalid)):
            await receiver.library.keep.hooks.receive(hook, {}, body)
    assert await receiver.keeps() == []


async def test_text_that_was_cut_inside_a_character_loses_no_result(receiver: Receiver, attempts: Attempts) -> None:
    event = receiver.done("fal")
    event["payload"]["prompt"] = "a \\ud83d \U0001f98a \ud83d"  # json.dumps writes a pair, and half of one
    keep = await receiver.send(await receiver.hook("fal"), event)
    assert keep
    assert keep.prompt == "a \\ud83d \U0001f98a \ufffd"
    assert (await attempts.advance(keep)).state is KeepState.DONE


async def test_token_is_found_for_its_provider_until_it_is_revoked(receiver: Receiver) -> None:
    hooks = receiver.library.keep.hooks
    created = await hooks.create(principal_of(receiver.workspace), "fal", Labels())
    for provider, token in (("krea", created.token), ("fal", created.token + "x"), ("fal", ""), ("fal", "\ud800")):
        with pytest.raises(NotFound):
            await hooks.authorize(provider, token)
    assert (await hooks.authorize("fal", created.token)).id == created.hook.id
    with pytest.raises(NotFound):
        await hooks.delete(uuid4(), created.hook.id)
    await hooks.delete(receiver.workspace, created.hook.id)
    with pytest.raises(NotFound):
        await hooks.authorize("fal", created.token)


async def test_neither_token_nor_secret_is_stored_readable(receiver: Receiver, attempts: Attempts) -> None:
    created = await receiver.library.keep.hooks.create(
        principal_of(receiver.workspace), "heygen", Labels(), secret="very-secret-of-heygen"
    )
    rows = await attempts.query("SELECT hook::text AS row FROM hook")
    assert all(created.token not in row["row"] and "very-secret" not in row["row"] for row in rows)
    assert b"very-secret".hex() not in str(rows)


async def test_hook_of_another_workspace_makes_a_keep_of_its_own(
    receiver: Receiver, attempts: Attempts, vendors: Vendors
) -> None:
    vendors.answers["/unused"] = as_json({})
    other = await attempts.library.accounts.authenticate(await attempts.library.accounts.create_key("two", frozenset()))
    foreign = Receiver(receiver.library, other.workspace_id, vendors)
    mine = await receiver.send(await receiver.hook("fal"), receiver.done("fal"))
    theirs = await foreign.send(await foreign.hook("fal"), foreign.done("fal"))
    assert mine
    assert theirs
    assert mine.id != theirs.id
    await attempts.advance(mine)
    assert await attempts.count() == 1
    assert len(await foreign.keeps()) == 1


async def test_suspended_workspace_has_no_hooks_and_its_keeps_wait(
    receiver: Receiver, attempts: Attempts, vendors: Vendors
) -> None:
    created = await receiver.library.keep.hooks.create(principal_of(receiver.workspace), "fal", Labels())
    keep = await receiver.send(created.hook, receiver.done("fal"))
    assert keep
    await attempts.query("UPDATE workspace SET suspended_at = now() WHERE id = %s", receiver.workspace)
    with pytest.raises(NotFound):
        await receiver.library.keep.hooks.authorize("fal", created.token)
    waiting = await attempts.advance(keep)
    assert (waiting.state, waiting.attempts, vendors.count("/media/a.png")) == (KeepState.SAVING, 0, 0)
    await attempts.query("UPDATE workspace SET suspended_at = NULL WHERE id = %s", receiver.workspace)
    assert (await attempts.advance(keep)).state is KeepState.DONE


@pytest.mark.parametrize("id", ["../../account?all=1", "a/b", "j\0", "j" * 201])
async def test_webhook_names_its_request_by_an_id(receiver: Receiver, id: str) -> None:
    hook = await receiver.hook("krea")
    with pytest.raises(Invalid):
        await receiver.send(hook, {"job_id": id, "status": "processing"})
    assert await receiver.keeps() == []


async def test_webhook_with_nul_is_stored_without(receiver: Receiver) -> None:
    hook = await receiver.hook("krea")
    urls = [receiver.vendors.media_url("a.png"), "data:,a\0b"]
    event = {"job_id": "j-1", "status": "completed", "type": "image\0", "result": {"urls": urls}}
    keep = await receiver.send(hook, event)
    assert keep
    assert keep.endpoint == "image"
    stored = await receiver.library.keep.keeps.get(receiver.workspace, keep.id)
    assert [output.url for output in stored.outputs] == urls[:1]
