"""POST /v1/storage/files/sign: URLs that read a file despite its ACL until they expire."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import PUT_ACL, SIGN, check_platform_error
from tests.dialects.fal.registration import host

WEEK = 7 * 24 * 3600


def sign(client: httpx.Client, account: Account, url: str, seconds: int = 60) -> str:
    response = SIGN.send(client, account.key, params={"url": url}, json={"expiration_seconds": seconds})
    assert response.status_code == 200, response.text
    assert list(response.json()) == ["signed_url"]
    return str(response.json()["signed_url"])


@pytest.fixture(params=["forbid", "hide"])
def closed(client: httpx.Client, account: Account, url: str, request: pytest.FixtureRequest) -> str:
    """The URL of a file that only its owner may read."""
    PUT_ACL.send(client, account.key, params={"url": url}, json={"default": request.param})
    assert client.get(url).status_code in (403, 404)
    return url


def test_signed_url_overrides_acl(client: httpx.Client, account: Account, closed: str) -> None:
    link = sign(client, account, closed)
    assert link.partition("?")[0] == closed
    assert list(parse_qs(urlsplit(link).query)) == ["expires", "signature"]
    served = client.get(link)
    assert (served.status_code, served.content) == (200, samples.png())
    assert served.headers["cache-control"] == "private, no-store"
    assert client.head(link).status_code == 200
    assert client.get(link, headers={"Range": "bytes=0-3"}).content == samples.png()[:4]
    assert client.get(link, headers={"If-None-Match": served.headers["etag"]}).status_code == 304
    assert client.get(f"{link}&download=1").headers["content-disposition"].startswith("attachment")
    assert client.get(closed).status_code in (403, 404)


def test_signed_url_ignores_keys(client: httpx.Client, account: Account, closed: str) -> None:
    link = sign(client, account, closed)
    for headers in ({"Authorization": "Key wrong"}, {"Authorization": "Basic eDp5"}, {"X-API-Key": ""}):
        assert client.get(link, headers=headers).status_code == 200


@pytest.mark.parametrize("seconds", [1, 60, WEEK])
def test_signed_url_expires_after_given_seconds(client: httpx.Client, account: Account, url: str, seconds: int) -> None:
    before = int(time.time())
    (expires,) = parse_qs(urlsplit(sign(client, account, url, seconds)).query)["expires"]
    assert before + seconds <= int(expires) <= time.time() + seconds


def test_expired_signature_is_ignored(client: httpx.Client, account: Account, closed: str) -> None:
    link = sign(client, account, closed, 1)
    (expires,) = parse_qs(urlsplit(link).query)["expires"]
    time.sleep(max(0.0, int(expires) - time.time()))
    assert client.get(link).status_code == client.get(closed).status_code


def test_tampered_signature_is_ignored(client: httpx.Client, account: Account, closed: str) -> None:
    link = sign(client, account, closed)
    query = parse_qs(urlsplit(link).query)
    (expires,), (mac,) = query["expires"], query["signature"]
    later = str(int(expires) + 1)
    flipped = ("A" if mac[0] != "A" else "B") + mac[1:]
    status = client.get(closed).status_code
    for given in (
        {"expires": later, "signature": mac},
        {"expires": expires, "signature": flipped},
        {"expires": expires, "signature": mac[:-2]},
        {"expires": expires, "signature": f"{mac}AAAA"},
        {"expires": expires, "signature": ""},
        {"expires": expires, "signature": "é" * 43},
        {"expires": expires, "signature": "="},
        {"expires": expires},
        {"signature": mac},
        {"expires": "", "signature": mac},
        {"expires": "-1", "signature": mac},
        {"expires": "9" * 400, "signature": mac},
        {"expires": f"{expires}.0", "signature": mac},
        {"expires": "٣", "signature": mac},
    ):
        assert client.get(closed, params=given).status_code == status, given


def test_signature_is_bound_to_its_file(client: httpx.Client, account: Account, fresh: Account, closed: str) -> None:
    """Neither in its workspace nor in another, which has another secret."""
    query = urlsplit(sign(client, account, closed)).query
    for owner in (account, fresh):
        other = host(client, owner, samples.png(), "image/png")
        PUT_ACL.send(client, owner.key, params={"url": other}, json={"default": "forbid"})
        assert client.get(f"{other}?{query}").status_code == 403


def test_signed_url_of_expired_file_is_not_found(
    client: httpx.Client, account: Account, stored: StoredData, closed: str
) -> None:
    link = sign(client, account, closed)
    assert client.get(link).status_code == 200
    stored.database.execute("UPDATE file SET expires_at = now() WHERE id = %s", [closed.split("/")[-2]])
    time.sleep(1.1)  # it was looked up less than a second ago, and the row was changed past the server
    assert client.get(link).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"expiration_seconds": 0},
        {"expiration_seconds": -1},
        {"expiration_seconds": WEEK + 1},
        {"expiration_seconds": 2**70},
        {"expiration_seconds": 1.5},
        {"expiration_seconds": "60"},
        {"expiration_seconds": None},
        {"expiration_seconds": True},
    ],
    ids=str,
)
def test_invalid_expiration_is_refused(client: httpx.Client, account: Account, url: str, body: dict[str, Any]) -> None:
    response = SIGN.send(client, account.key, params={"url": url}, json=body)
    assert response.status_code == 400, response.text
    check_platform_error(response, "validation_error")


def test_foreign_and_unknown_files_look_alike(client: httpx.Client, account: Account, fresh: Account, url: str) -> None:
    wish = {"expiration_seconds": 60}
    unknown = url.replace(url.split("/")[-2], uuid4().hex)
    said = [
        SIGN.send(client, key, params={"url": asked}, json=wish)
        for key, asked in ((fresh.key, url), (account.key, unknown))
    ]
    for response in said:
        assert response.status_code == 404
        check_platform_error(response, "not_found")
    assert said[0].json()["error"]["message"] == said[1].json()["error"]["message"]
    for asked in ("", f"{url}?x=1"):
        assert SIGN.send(client, account.key, params={"url": asked}, json=wish).status_code == 400
