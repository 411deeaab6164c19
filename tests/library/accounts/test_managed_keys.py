"""Keys as another key of the workspace manages them."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from mediatheque.errors import Conflict, Invalid, KeyNotFound, KeyRefused, LastAdminKey, LibraryError, ScopeMissing
from mediatheque.library import Library
from mediatheque.library.accounts import key_cache
from mediatheque.library.accounts.keys import KeyPatch, NewKey
from mediatheque.model import Principal, Scope

ADMIN = frozenset({Scope.ADMIN})
READ = frozenset({Scope.READ})
SOON = timedelta(hours=1)


@pytest.fixture
async def admin(library: Library) -> Principal:
    return await library.accounts.authenticate(await library.accounts.create_key("one", ADMIN))


async def _create(
    library: Library, by: Principal, scopes: frozenset[Scope] = READ, *, expires_at: datetime | None = None
) -> tuple[str, Principal]:
    issued = await library.accounts.keys.create(by, NewKey("another", scopes, expires_at))
    return issued.secret, await library.accounts.authenticate(issued.secret)


def _forget(library: Library) -> None:
    """Let the time pass for which a process knows a key."""
    library.accounts._cached_keys._cached.expire(time.monotonic() + key_cache.CACHE_SECONDS)


async def test_created_key_works_in_the_workspace_of_its_maker(library: Library, admin: Principal) -> None:
    _, made = await _create(library, admin, frozenset({Scope.ASSETS_READ}))
    assert made.workspace_id == admin.workspace_id
    assert made.scopes == {Scope.ASSETS_READ}
    key = await library.accounts.keys.get(admin.workspace_id, made.key_id)
    assert (key.name, key.expires_at) == ("another", None)


@pytest.mark.parametrize("scope", sorted(Scope))
async def test_key_grants_only_what_it_has(library: Library, scope: Scope) -> None:
    some = await library.accounts.authenticate(
        await library.accounts.create_key("one", frozenset({Scope.ASSETS_WRITE, Scope.READ}))
    )
    has = {Scope.ASSETS_WRITE, Scope.UPLOADS_WRITE, Scope.READ} | {each for each in Scope if each.endswith(":read")}
    if scope in has:
        await _create(library, some, frozenset({scope}))
    else:
        with pytest.raises(ScopeMissing):
            await _create(library, some, frozenset({scope}))


async def test_instance_is_never_granted_by_a_key(library: Library) -> None:
    all_scopes = await library.accounts.authenticate(await library.accounts.create_key("one", frozenset(Scope)))
    with pytest.raises(ScopeMissing, match="command line"):
        await _create(library, all_scopes, frozenset({Scope.INSTANCE}))


async def test_key_that_may_do_more_is_neither_rotated_nor_changed_nor_revoked(
    library: Library, admin: Principal
) -> None:
    mighty = await library.accounts.authenticate(await library.accounts.create_key("one", frozenset(Scope)))
    keys = library.accounts.keys
    for attempt in (
        keys.rotate(admin, mighty.key_id, timedelta(0)),
        keys.update(admin, mighty.key_id, KeyPatch(name="mine")),
        keys.revoke(admin, mighty.key_id),
    ):
        with pytest.raises(ScopeMissing):
            await attempt
    assert (await keys.get(admin.workspace_id, mighty.key_id)).name == ""


async def test_key_that_expires_grants_no_longer_life_than_its_own(library: Library, admin: Principal) -> None:
    end = datetime.now(UTC) + SOON
    _, ending = await _create(library, admin, ADMIN, expires_at=end)
    _, lasting = await _create(library, admin)
    keys = library.accounts.keys
    await _create(library, ending, expires_at=end)
    for attempt in (
        _create(library, ending),
        _create(library, ending, expires_at=end + SOON),
        keys.rotate(ending, lasting.key_id, timedelta(0)),
        keys.update(ending, ending.key_id, KeyPatch(expires_at=None)),
    ):
        with pytest.raises(ScopeMissing):
            await attempt
    await keys.revoke(ending, lasting.key_id)


async def test_keys_of_other_workspaces_are_not_found(library: Library, admin: Principal) -> None:
    other = await library.accounts.authenticate(await library.accounts.create_key("two", ADMIN))
    keys = library.accounts.keys
    for id in (other.key_id, uuid4()):
        for attempt in (
            keys.get(admin.workspace_id, id),
            keys.update(admin, id, KeyPatch(name="mine")),
            keys.rotate(admin, id, timedelta(0)),
            keys.revoke(admin, id),
        ):
            with pytest.raises(KeyNotFound):
                await attempt
    assert [key.id for key in (await keys.list(admin.workspace_id, None, 10))[0]] == [admin.key_id]


async def test_expired_key_is_refused_at_its_end_although_it_is_cached(library: Library, admin: Principal) -> None:
    end = datetime.now(UTC) + timedelta(seconds=0.3)
    secret, _ = await _create(library, admin, expires_at=end)
    await asyncio.sleep((end - datetime.now(UTC)).total_seconds() + 0.01)
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(secret)


async def test_end_in_the_past_is_refused(library: Library, admin: Principal) -> None:
    past = datetime.now(UTC) - SOON
    with pytest.raises(Invalid):
        await _create(library, admin, expires_at=past)
    _, made = await _create(library, admin)
    with pytest.raises(Invalid):
        await library.accounts.keys.update(admin, made.key_id, KeyPatch(expires_at=past))


async def test_patch_changes_only_what_it_names(library: Library, admin: Principal) -> None:
    end = datetime.now(UTC) + SOON
    _, made = await _create(library, admin, expires_at=end)
    keys = library.accounts.keys
    renamed = await keys.update(admin, made.key_id, KeyPatch(name="renamed"))
    assert (renamed.name, renamed.expires_at) == ("renamed", end)
    await keys.update(admin, made.key_id, KeyPatch(expires_at=None))
    assert (await keys.get(admin.workspace_id, made.key_id)).expires_at is None


async def test_rotated_key_has_both_secrets_for_the_overlap(library: Library, admin: Principal) -> None:
    old, made = await _create(library, admin)
    token = (await library.accounts.upload_tokens.issue(made)).token
    new = (await library.accounts.keys.rotate(admin, made.key_id, timedelta(seconds=0.5))).secret
    _forget(library)
    for secret in (old, new):
        assert (await library.accounts.authenticate(secret)).key_id == made.key_id
    assert (await library.accounts.authenticate(token, upload_tokens=True)).key_id == made.key_id
    await asyncio.sleep(0.5)
    for ended in (old, token):
        with pytest.raises(KeyRefused):
            await library.accounts.authenticate(ended, upload_tokens=True)
    await library.accounts.authenticate(new)


async def test_upload_token_ends_with_the_secret_that_asked_for_it(library: Library, admin: Principal) -> None:
    old, made = await _create(library, admin)
    new = (await library.accounts.keys.rotate(admin, made.key_id, SOON)).secret
    _forget(library)
    issue, tokens = library.accounts.upload_tokens.issue, []
    for secret in (old, new):
        tokens.append((await issue(await library.accounts.authenticate(secret))).token)
    async with library.database.connection() as conn:
        await conn.execute("UPDATE api_key SET previous_expires_at = now() WHERE id = %s", (made.key_id,))
    _forget(library)
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(tokens[0], upload_tokens=True)
    await library.accounts.authenticate(tokens[1], upload_tokens=True)


async def test_rotated_key_without_overlap_has_the_new_secret_alone(library: Library, admin: Principal) -> None:
    old, made = await _create(library, admin)
    middle = (await library.accounts.keys.rotate(admin, made.key_id, SOON)).secret
    new = (await library.accounts.keys.rotate(admin, made.key_id, timedelta(0))).secret
    _forget(library)
    for ended in (old, middle):
        with pytest.raises(KeyRefused):
            await library.accounts.authenticate(ended)
    await library.accounts.authenticate(new)


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=8)])
async def test_overlap_has_bounds(library: Library, admin: Principal, overlap: timedelta) -> None:
    with pytest.raises(Invalid):
        await library.accounts.keys.rotate(admin, admin.key_id, overlap)


async def test_revoked_key_cannot_be_rotated_or_changed(library: Library, admin: Principal) -> None:
    _, made = await _create(library, admin)
    keys = library.accounts.keys
    await keys.revoke(admin, made.key_id)
    await keys.revoke(admin, made.key_id)
    for attempt in (keys.rotate(admin, made.key_id, SOON), keys.update(admin, made.key_id, KeyPatch(name="x"))):
        with pytest.raises(Conflict):
            await attempt


async def test_last_admin_key_is_neither_revoked_nor_given_an_end(library: Library, admin: Principal) -> None:
    keys = library.accounts.keys
    soon = datetime.now(UTC) + SOON
    await _create(library, admin, READ)
    _, ending = await _create(library, admin, ADMIN, expires_at=soon)
    for attempt in (keys.revoke(admin, admin.key_id), keys.update(admin, admin.key_id, KeyPatch(expires_at=soon))):
        with pytest.raises(LastAdminKey):
            await attempt
    await keys.revoke(admin, ending.key_id)
    _, second = await _create(library, admin, ADMIN)
    await keys.revoke(second, admin.key_id)
    with pytest.raises(LastAdminKey):
        await keys.revoke(second, second.key_id)


async def test_of_two_admin_keys_that_revoke_each_other_one_stays(library: Library, admin: Principal) -> None:
    _, second = await _create(library, admin, ADMIN)
    keys = library.accounts.keys
    results = await asyncio.gather(
        keys.revoke(admin, second.key_id), keys.revoke(second, admin.key_id), return_exceptions=True
    )
    assert sorted(type(each) for each in results if isinstance(each, LibraryError)) == [LastAdminKey]


async def test_keys_are_listed_newest_first_in_pages(library: Library, admin: Principal) -> None:
    made = [(await _create(library, admin))[1].key_id for _ in range(4)]
    first, more = await library.accounts.keys.list(admin.workspace_id, None, 3)
    assert ([key.id for key in first], more) == (made[:0:-1], True)
