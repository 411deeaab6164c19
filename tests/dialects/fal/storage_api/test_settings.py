"""GET and PUT /v1/storage/settings: defaults for new files of fal's storage."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import GET_SETTINGS, PUT_SETTINGS, check_platform_error
from tests.dialects.fal.registration import host
from tests.dialects.fal.storage_api.file_defaults import UPLOADS, acl_of, lifecycle, lifetime

NOTHING = {"expiration_duration_seconds": None, "initial_acl": None}
FORBID = {"default": "forbid", "rules": [{"user": "a", "decision": "allow"}]}


def put(client: httpx.Client, account: Account, **settings: Any) -> None:
    """Replace the settings; the answer is the new settings."""
    expected = {**NOTHING, **settings}
    response = PUT_SETTINGS.send(client, account.key, json=settings)
    assert (response.status_code, response.json()) == (200, expected), response.text
    assert GET_SETTINGS.send(client, account.key).json() == expected


def test_settings_are_initially_empty(client: httpx.Client, fresh: Account) -> None:
    response = GET_SETTINGS.send(client, fresh.key)
    assert (response.status_code, response.json()) == (200, NOTHING)


def test_put_replaces_settings(client: httpx.Client, fresh: Account, account: Account) -> None:
    put(client, fresh, expiration_duration_seconds=3600, initial_acl=FORBID)
    put(client, fresh, initial_acl={"default": "hide", "rules": []})
    put(client, fresh, expiration_duration_seconds=1)
    put(client, fresh, expiration_duration_seconds=None, initial_acl=None)
    put(client, fresh)
    assert GET_SETTINGS.send(client, account.key).json() == NOTHING


@pytest.mark.parametrize("endpoint", UPLOADS)
def test_settings_apply_to_new_files(client: httpx.Client, fresh: Account, stored: StoredData, endpoint: str) -> None:
    put(client, fresh, expiration_duration_seconds=3600, initial_acl=FORBID)
    url = UPLOADS[endpoint](client, fresh)
    assert lifetime(stored, url) == timedelta(seconds=3600)
    assert acl_of(client, fresh, url) == FORBID
    assert client.get(url).status_code == 403


def test_settings_do_not_affect_existing_files(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    url = host(client, fresh, samples.png(), "image/png")
    put(client, fresh, expiration_duration_seconds=1, initial_acl=FORBID)
    assert lifetime(stored, url) is None
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("endpoint", [name for name in UPLOADS if name != "upload"])
def test_settings_at_initiation_apply_to_upload(
    client: httpx.Client, fresh: Account, stored: StoredData, endpoint: str
) -> None:
    """The expiry runs from the arrival of the bytes."""
    put(client, fresh, expiration_duration_seconds=3600)
    url = UPLOADS[endpoint](client, fresh, meanwhile=lambda: put(client, fresh, initial_acl=FORBID))
    assert lifetime(stored, url) == timedelta(seconds=3600)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("endpoint", UPLOADS)
def test_lifecycle_header_overrides_settings(
    client: httpx.Client, fresh: Account, stored: StoredData, endpoint: str
) -> None:
    """An absent key means the setting; null clears it."""
    put(client, fresh, expiration_duration_seconds=3600, initial_acl=FORBID)
    longer = UPLOADS[endpoint](client, fresh, lifecycle(expiration_duration_seconds=7200))
    assert (lifetime(stored, longer), client.get(longer).status_code) == (timedelta(seconds=7200), 403)
    hidden = UPLOADS[endpoint](client, fresh, lifecycle(initial_acl={"default": "hide"}))
    assert (lifetime(stored, hidden), client.get(hidden).status_code) == (timedelta(seconds=3600), 404)
    for_good = UPLOADS[endpoint](client, fresh, lifecycle(expiration_duration_seconds=None, initial_acl=None))
    assert (lifetime(stored, for_good), client.get(for_good).status_code) == (None, 200)


def test_settings_do_not_apply_to_other_dialects(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    """Files of Krea's and HeyGen's endpoints do not expire."""
    put(client, fresh, expiration_duration_seconds=1, initial_acl=FORBID)
    sent: dict[str, Any] = {"headers": {"X-API-KEY": fresh.key, "Content-Type": "image/png"}, "content": samples.png()}
    form: dict[str, Any] = {"headers": {"X-API-KEY": fresh.key}, "files": {"file": samples.png()}}
    urls = [
        client.post("/assets", **form).json()["image_url"],
        client.post("/v1/asset", **sent).json()["data"]["url"],
        client.post("/v3/assets", **form).json()["data"]["url"],
    ]
    for url in urls:
        assert lifetime(stored, url) is None
        assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    "settings",
    [
        {"expiration_duration_seconds": 0},
        {"expiration_duration_seconds": -1},
        {"expiration_duration_seconds": 2**63},
        {"expiration_duration_seconds": 1e9},
        {"expiration_duration_seconds": "60"},
        {"expiration_duration_seconds": True},
        {"expiration_duration_seconds": []},
        {"initial_acl": "allow"},
        {"initial_acl": {}},
        {"initial_acl": []},
        {"initial_acl": {"default": "never"}},
        {"initial_acl": {"default": "allow", "more": 1}},
        {"initial_acl": {"default": "allow", "rules": [{"user": "a\0", "decision": "allow"}]}},
    ],
    ids=str,
)
def test_invalid_settings_are_refused(client: httpx.Client, fresh: Account, settings: dict[str, Any]) -> None:
    put(client, fresh, expiration_duration_seconds=3600)
    response = PUT_SETTINGS.send(client, fresh.key, json=settings)
    assert response.status_code == 400, response.text
    check_platform_error(response, "validation_error")
    assert GET_SETTINGS.send(client, fresh.key).json()["expiration_duration_seconds"] == 3600


def test_longest_expiry_is_stored(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    put(client, fresh, expiration_duration_seconds=3_155_760_000)
    url = host(client, fresh, samples.png(), "image/png")
    row = stored.database.execute("SELECT expires_at FROM file WHERE id = %s", [url.split("/")[-2]]).fetchone()
    assert row
    assert row[0] > datetime.now(UTC) + timedelta(days=36_000)
    age = client.get(url).headers["cache-control"].partition("max-age=")[2]
    assert 0 < int(age) <= 3_155_760_000
