"""GET and PUT /v1/storage/files/acl: who may read a file, and what other readers get."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import GET_ACL, PUT_ACL, auth, check_platform_error
from tests.dialects.fal.registration import host, register
from tests.dialects.native.endpoints import check_error as say_native
from tests.server import Serve

PUBLIC, PRIVATE = "public, max-age=31536000, immutable", "private, no-store"


def put(client: httpx.Client, account: Account, url: str, default: str, *rules: tuple[str, str]) -> None:
    """Set the ACL; the answer is the new ACL."""
    acl = {"default": default, "rules": [{"user": user, "decision": decision} for user, decision in rules]}
    response = PUT_ACL.send(client, account.key, params={"url": url}, json=acl)
    assert (response.status_code, response.json()) == (200, acl), response.text
    assert GET_ACL.send(client, account.key, params={"url": url}).json() == acl


class Guest:
    """A second workspace with a known name."""

    def __init__(self, server: Serve, *scopes: Scope) -> None:
        self.name = f"guest {uuid4().hex} Å"
        self.headers = auth(server.new_key(*scopes, workspace=self.name))


@pytest.fixture(scope="module")
def guest(server: Serve) -> Guest:
    return Guest(server)


def statuses(client: httpx.Client, url: str, *headers: dict[str, str]) -> list[int]:
    return [client.get(url, headers=each).status_code for each in headers]


def test_file_without_acl_is_public(client: httpx.Client, account: Account, guest: Guest, url: str) -> None:
    response = GET_ACL.send(client, account.key, params={"url": url})
    assert (response.status_code, response.json()) == (200, {"default": "allow", "rules": []})
    assert statuses(client, url, {}, guest.headers, auth(account.key), auth("wrong")) == [200, 200, 200, 200]


@pytest.mark.parametrize(
    ("default", "rule", "told"),
    [
        ("allow", "", (200, 200)),
        ("forbid", "", (403, 403)),
        ("hide", "", (404, 404)),
        ("allow", "forbid", (200, 403)),
        ("allow", "hide", (200, 404)),
        ("forbid", "allow", (403, 200)),
        ("forbid", "hide", (403, 404)),
        ("hide", "allow", (404, 200)),
        ("hide", "forbid", (404, 403)),
    ],
)
def test_acl_decides_status_per_reader(
    client: httpx.Client,
    account: Account,
    guest: Guest,
    url: str,
    default: str,
    rule: str | None,
    told: tuple[int, int],
) -> None:
    """Rules for unknown users are kept: dropping them would reveal which workspaces exist."""
    put(client, account, url, default, *([(guest.name, rule)] if rule else []), ("nobody here", "allow"))
    assert statuses(client, url, {}, guest.headers, auth(account.key)) == [*told, 200]


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_key_is_accepted_in_each_header(
    client: httpx.Client, server: Serve, account: Account, url: str, header: str
) -> None:
    put(client, account, url, "hide")
    key = account.key if header == "X-API-Key" else f"Bearer {account.key}"
    assert client.get(url, headers={header: key}).content == samples.png()


@pytest.mark.parametrize("key", ["wrong", "mtq_", "mtq_" + "0" * 32 + "_" + "A" * 43, "mtp_a.1.b"])
def test_invalid_key_reads_as_anonymous(client: httpx.Client, account: Account, url: str, key: str) -> None:
    """A 401 would reveal that the file exists."""
    put(client, account, url, "hide")
    assert statuses(client, url, auth(key), {"X-API-Key": key}) == [404, 404]
    put(client, account, url, "forbid")
    assert statuses(client, url, auth(key), {"X-API-Key": key}) == [403, 403]


def test_revoked_key_reads_as_anonymous(client: httpx.Client, account: Account, revoked: Account, url: str) -> None:
    put(client, account, url, "hide")
    assert statuses(client, url, auth(revoked.key)) == [404]


def test_key_without_read_scope_is_anonymous(
    client: httpx.Client, server: Serve, account: Account, guest: Guest, url: str
) -> None:
    put(client, account, url, "forbid", (guest.name, "allow"))
    for scope, status in ((Scope.WRITE, 403), (Scope.READ, 200), (Scope.ADMIN, 200)):
        assert statuses(client, url, auth(server.new_key(scope, workspace=guest.name))) == [status]


def test_upload_token_cannot_read(client: httpx.Client, account: Account, url: str) -> None:
    put(client, account, url, "forbid")
    token = client.post("/storage/auth/token", json={}, headers=auth(account.key)).json()["token"]
    assert statuses(client, url, {"Authorization": f"Bearer {token}"}) == [403]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}, {"If-None-Match": "{etag}"}, {"If-Match": '"x"'}],
    ids=str,
)
def test_hidden_file_looks_missing_to_every_request(
    client: httpx.Client, account: Account, url: str, method: str, headers: dict[str, str]
) -> None:
    """The answers for a hidden and a missing file are identical."""
    etag = client.head(url).headers["etag"]
    headers = {name: text.format(etag=etag) for name, text in headers.items()}
    id = url.split("/")[-2]
    unknown = url.replace(id, uuid4().hex)
    put(client, account, url, "hide")
    hidden, none = (_comparable_headers(client.request(method, each, headers=headers)) for each in (url, unknown))
    assert hidden == none
    assert hidden[0] == 404
    put(client, account, url, "forbid")
    response = client.request(method, url, headers=headers)
    assert response.status_code == 403
    assert not {"etag", "last-modified", "content-range"} & set(response.headers)
    if method == "GET":
        say_native(response)


def _comparable_headers(response: httpx.Response) -> tuple[int, dict[str, str], str]:
    """Return the headers without those that always differ."""
    id = response.headers.pop("x-request-id")
    response.headers.pop("date", None)
    return response.status_code, dict(response.headers), response.text.replace(id, "")


def test_cache_control_follows_acl(client: httpx.Client, account: Account, guest: Guest, url: str) -> None:
    def told(headers: dict[str, str]) -> str | None:
        return client.get(url, headers=headers).headers.get("cache-control")

    own = auth(account.key)
    assert (told({}), told(own)) == (PUBLIC, PUBLIC)
    for default, rules in (("forbid", []), ("hide", []), ("allow", [(guest.name, "forbid")])):
        put(client, account, url, default, *rules)
        assert told(own) == PRIVATE
        assert told({}) == (PRIVATE if default == "allow" else None)
        assert told({**own, "Range": "bytes=0-3"}) == PRIVATE
    put(client, account, url, "allow")
    assert told({}) == PUBLIC


def test_acl_takes_effect_immediately(client: httpx.Client, account: Account, url: str) -> None:
    """The cached file (1 s) is invalidated."""
    for _ in range(3):
        assert client.get(url).status_code == 200
        put(client, account, url, "hide")
        assert client.get(url).status_code == 404
        put(client, account, url, "allow")
        assert client.head(url).status_code == 200
        put(client, account, url, "forbid")
        assert client.head(url).status_code == 403
        put(client, account, url, "allow")


def test_acl_applies_to_file_not_content(client: httpx.Client, account: Account, url: str) -> None:
    twin = host(client, account, samples.png(), "image/png")
    put(client, account, url, "hide")
    assert client.get(twin).content == samples.png()


def test_asset_of_hidden_file_stays_listed(client: httpx.Client, account: Account, url: str) -> None:
    """The ACL protects the bytes, not the asset."""
    put(client, account, url, "hide")
    asset = register(client, account, url)
    assert asset.status_code == 201
    assert client.get(f"/assets/{asset.json()['asset']['vector_id']}", headers=auth(account.key)).status_code == 200
    assert client.get(asset.json()["asset"]["url"]).status_code == 404


def test_acl_without_rules_is_accepted(client: httpx.Client, account: Account, url: str) -> None:
    response = PUT_ACL.send(client, account.key, params={"url": url}, json={"default": "forbid"})
    assert response.json() == {"default": "forbid", "rules": []}


def test_last_rule_of_a_user_wins(client: httpx.Client, account: Account, guest: Guest, url: str) -> None:
    put(client, account, url, "forbid", (guest.name, "hide"), (guest.name, "allow"))
    assert statuses(client, url, guest.headers) == [200]


@pytest.mark.parametrize(
    "acl",
    [
        {},
        {"rules": []},
        {"default": None},
        {"default": "deny"},
        {"default": "ALLOW"},
        {"default": 1},
        {"default": "allow", "rules": None},
        {"default": "allow", "rules": {}},
        {"default": "allow", "rules": [{}]},
        {"default": "allow", "rules": [{"user": "a"}]},
        {"default": "allow", "rules": [{"decision": "allow"}]},
        {"default": "allow", "rules": [{"user": "", "decision": "allow"}]},
        {"default": "allow", "rules": [{"user": "x" * 256, "decision": "allow"}]},
        {"default": "allow", "rules": [{"user": "a\0", "decision": "allow"}]},
        {"default": "allow", "rules": [{"user": "a", "decision": "deny"}]},
        {"default": "allow", "rules": [{"user": "a", "decision": "allow", "until": 1}]},
        {"default": "allow", "rules": [{"user": "a", "decision": "allow"}] * 1001},
        {"default": "allow", "more": 1},
    ],
    ids=lambda acl: str(acl)[:56],
)
def test_invalid_acl_is_refused(client: httpx.Client, account: Account, url: str, acl: dict[str, Any]) -> None:
    response = PUT_ACL.send(client, account.key, params={"url": url}, json=acl)
    assert response.status_code == 400, response.text
    check_platform_error(response, "validation_error")
    assert client.get(url).status_code == 200
    assert GET_ACL.send(client, account.key, params={"url": url}).json() == {"default": "allow", "rules": []}


@pytest.mark.parametrize("endpoint", [GET_ACL, PUT_ACL], ids=["get", "put"])
def test_foreign_and_unknown_files_look_alike(
    client: httpx.Client, server: Serve, account: Account, fresh: Account, url: str, endpoint: Any
) -> None:
    """Both get the same answer."""
    body = {"json": {"default": "hide"}} if endpoint is PUT_ACL else {}
    unknown = url.replace(url.split("/")[-2], uuid4().hex)
    said = []
    for key, asked in ((fresh.key, url), (account.key, unknown), (account.key, "https://v3.fal.media/files/b/x/a.png")):
        response = endpoint.send(client, key, params={"url": asked}, **body)
        assert response.status_code == 404
        check_platform_error(response, "not_found")
        said.append(response.json()["error"]["message"])
    assert len(set(said)) == 1
    for wrong in ({}, {"url": ""}, {"url": f"{url}?expires=1"}, {"url": f"{url}?"}):
        response = endpoint.send(client, account.key, params=wrong, **body)
        assert response.status_code == 400
        check_platform_error(response, "validation_error")
    assert client.get(url).status_code == 200


def test_file_name_in_url_is_ignored(client: httpx.Client, account: Account, url: str) -> None:
    put(client, account, url.rpartition("/")[0] + "/other.png", "forbid")
    assert client.get(url).status_code == 403


def test_expired_file_is_not_found(client: httpx.Client, account: Account, stored: StoredData, url: str) -> None:
    id = url.split("/")[-2]
    stored.database.execute("UPDATE file SET expires_at = now() WHERE id = %s", [id])
    for endpoint, body in ((GET_ACL, {}), (PUT_ACL, {"json": {"default": "allow"}})):
        assert endpoint.send(client, account.key, params={"url": url}, **body).status_code == 404
