"""ETags of assets: If-None-Match on reads, and what If-Match may be."""

import httpx
import pytest

from mediatheque.dialects.native.endpoint.conditions import revision_of_if_match
from mediatheque.errors import Invalid, PreconditionFailed
from mediatheque.http.context import AppRequest
from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.native.endpoints import auth, create, inline
from tests.http.wire import http_scope

KNOWN = "0123456789abcdef"


def if_match(value: str | None) -> str | None:
    headers = [(b"if-match", value.encode())] if value is not None else []
    return revision_of_if_match(AppRequest(http_scope(headers=headers)))


def test_etag_is_the_revision(client: httpx.Client, account: Account) -> None:
    created = create(client, account.key, inline(samples.png()))
    read = client.get(f"/api/assets/{created.json()['id']}", headers=auth(account.key))
    assert created.headers["etag"] == read.headers["etag"] == f'"{read.json()["revision"]}"'


def test_etag_changes_with_the_asset(client: httpx.Client, account: Account, stored: StoredData) -> None:
    made = create(client, account.key, inline(samples.png())).json()
    stored.database.execute("UPDATE asset SET title = 'changed' WHERE id = %s", [made["id"]])
    read = client.get(f"/api/assets/{made['id']}", headers=auth(account.key)).json()
    assert read["revision"] != made["revision"]


def test_etag_is_replayed(client: httpx.Client, account: Account) -> None:
    headers = {**auth(account.key), "Idempotency-Key": "etag is replayed"}
    first, second = (
        client.post("/api/assets", json={"source": inline(samples.png())}, headers=headers) for _ in range(2)
    )
    assert second.headers["idempotent-replayed"] == "true"
    assert first.headers["etag"] == second.headers["etag"]


def test_unchanged_asset_is_not_sent_again(client: httpx.Client, account: Account) -> None:
    made = create(client, account.key, inline(samples.png()))
    etag = made.headers["etag"]
    for sent, status in [(etag, 304), (f"W/{etag}", 304), (f'"x", {etag}', 304), ("*", 304), ('"x"', 200)]:
        headers = {**auth(account.key), "If-None-Match": sent}
        response = client.get(f"/api/assets/{made.json()['id']}", headers=headers)
        assert (response.status_code, response.headers["etag"]) == (status, etag), sent
        assert bool(response.content) == (status == 200)


@pytest.mark.parametrize(
    ("sent", "revision"), [(None, None), ("*", None), (f'"{KNOWN}"', KNOWN), (f' "{KNOWN}" ', KNOWN)]
)
def test_if_match_names_a_revision(sent: str | None, revision: str | None) -> None:
    assert if_match(sent) == revision


@pytest.mark.parametrize("sent", [f'W/"{KNOWN}"', '""', '"A"', '"' + "a" * 33 + '"'])
def test_tag_of_no_answer_matches_nothing(sent: str) -> None:
    with pytest.raises(PreconditionFailed):
        if_match(sent)


@pytest.mark.parametrize("sent", ["", "x", KNOWN, f'"{KNOWN}", "{KNOWN}"', '"a"b"'])
def test_malformed_if_match_is_refused(sent: str) -> None:
    with pytest.raises(Invalid) as caught:
        if_match(sent)
    assert caught.value.param == "If-Match"
