import time
from uuid import UUID, uuid4

import psycopg
import pytest

from mediatheque.errors import KeyRefused, NotFound
from mediatheque.library import Library
from mediatheque.library.accounts import key_cache, secrets, upload_tokens
from mediatheque.model import Scope
from mediatheque.records.database import Connection

READ = frozenset({Scope.READ})


async def test_key_authenticates_for_its_workspace_and_scopes(library: Library) -> None:
    principal = await library.accounts.authenticate(await library.accounts.create_key("one", READ))
    other = await library.accounts.authenticate(await library.accounts.create_key("two", READ))
    again = await library.accounts.authenticate(await library.accounts.create_key("one", READ))
    assert principal.scopes == READ
    assert principal.workspace_id == again.workspace_id != other.workspace_id


@pytest.mark.parametrize("lookup", ["find_key", "touch_key"])
async def test_lookup_of_a_key_is_repeated_after_an_outage(
    library: Library, monkeypatch: pytest.MonkeyPatch, lookup: str
) -> None:
    """Nothing has begun before: a request that meets the end of its connection there need not fail."""
    key = await library.accounts.create_key("one", READ)
    outages, real = [psycopg.errors.AdminShutdown("terminating connection")], getattr(key_cache.rows, lookup)

    async def fail_once(conn: Connection, id: UUID) -> object:
        if outages:
            raise outages.pop()
        return await real(conn, id)

    monkeypatch.setattr(key_cache.rows, lookup, fail_once)
    assert (await library.accounts.authenticate(key)).scopes == READ
    assert not outages


async def test_bootstrap_creates_a_key_only_once(library: Library) -> None:
    assert await library.accounts.bootstrap("default")
    assert await library.accounts.bootstrap("default") is None


async def test_secret_is_not_stored(library: Library) -> None:
    key = await library.accounts.create_key("one", READ)
    secret = key.rpartition("_")[2]
    (stored,) = await library.accounts.list_keys()
    assert secret.encode() not in stored.secret_hash
    assert secret not in repr(stored)


@pytest.mark.parametrize(
    "bend",
    [
        lambda key: None,
        lambda key: "",
        lambda key: key[:-1],
        lambda key: key + "x",
        lambda key: key.upper(),
        lambda key: key.replace("mtq_", ""),
        lambda key: f"mtq_{uuid4().hex}_" + key.rpartition("_")[2],
        lambda key: "mtq_not-an-id_secret",
        lambda key: "mtq_",
        lambda key: "mtp_" + key[4:],
        lambda key: key + "\x00",
        lambda key: "mtq_" + "\u0661" * 32 + "_x",
    ],
)
async def test_invalid_keys_are_refused(library: Library, bend) -> None:  # type: ignore[no-untyped-def]
    key = await library.accounts.create_key("one", READ)
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(bend(key), upload_tokens=True)


async def test_revoked_key_is_refused_after_the_cache_expires(library: Library) -> None:
    key = await library.accounts.create_key("one", READ)
    principal = await library.accounts.authenticate(key)
    await library.accounts.revoke(principal.key_id)
    library.accounts._cached_keys._cached.expire(time.monotonic() + key_cache.CACHE_SECONDS)
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(key)
    with pytest.raises(NotFound):
        await library.accounts.revoke(principal.key_id)


async def test_recorded_use_does_not_prolong_the_time_for_which_a_key_is_known(library: Library) -> None:
    key, known = await library.accounts.create_key("one", READ), library.accounts._cached_keys._cached
    found = await library.accounts._cached_keys.find(secrets.split(key)[0])
    assert found
    time.sleep(0.05)
    looked_up = time.monotonic() - 0.05
    await library.accounts._cached_keys.record_use(found)
    known.expire(looked_up + key_cache.CACHE_SECONDS)
    assert found.id not in known


async def test_last_use_is_recorded(library: Library) -> None:
    key = await library.accounts.create_key("one", READ)
    assert (await library.accounts.list_keys())[0].last_used_at is None
    await library.accounts.authenticate(key)
    first = (await library.accounts.list_keys())[0].last_used_at
    assert first is not None
    await library.accounts.authenticate(key)
    assert (await library.accounts.list_keys())[0].last_used_at == first


async def test_wrong_secret_is_not_recorded_as_use(library: Library) -> None:
    key = await library.accounts.create_key("one", READ)
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(key[:-1])
    assert (await library.accounts.list_keys())[0].last_used_at is None


async def test_upload_token_authenticates_only_where_allowed(library: Library) -> None:
    principal = await library.accounts.authenticate(await library.accounts.create_key("one", READ))
    token = (await library.accounts.upload_tokens.issue(principal)).token
    assert await library.accounts.authenticate(token, upload_tokens=True) == principal
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(token)


async def test_upload_token_ends_with_its_key_and_with_time(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    principal = await library.accounts.authenticate(await library.accounts.create_key("one", READ))
    token = (await library.accounts.upload_tokens.issue(principal)).token
    id, expires, mac = token.removeprefix("mtp_").split(".")
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(f"mtp_{id}.{int(expires) + 1}.{mac}", upload_tokens=True)
    monkeypatch.setattr(upload_tokens, "_LIFETIME", -upload_tokens._LIFETIME)
    expired = (await library.accounts.upload_tokens.issue(principal)).token
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(expired, upload_tokens=True)
    await library.accounts.revoke(principal.key_id)
    library.accounts._cached_keys._cached.expire(time.monotonic() + key_cache.CACHE_SECONDS)
    with pytest.raises(KeyRefused):
        await library.accounts.authenticate(token, upload_tokens=True)
