"""GET /v3/assets, GET and DELETE /v3/assets/{asset_id}."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.contracts.dialect import Endpoint
from tests.dialects.database import rows
from tests.dialects.database.rows import BEGINNING, Row
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v1 import endpoints as heygen_v1
from tests.dialects.heygen_v3.endpoints import DELETE, GET, LIST, UPLOAD
from tests.dialects.idempotency import assets
from tests.dialects.krea import endpoints as krea
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form

KEYS = ["id", "name", "type", "owner", "space_id", "uploaded_at", "url", "folder_id"]


def upload(client: httpx.Client, account: Account, data: bytes, name: str) -> dict[str, Any]:
    body = form(file_part(data, filename=name))
    response = UPLOAD.send(client, account.key, content=body, headers={"Content-Type": CONTENT_TYPE})
    return dict(response.json()["data"])


def listed(client: httpx.Client, account: Account, **query: str) -> dict[str, Any]:
    response = LIST.send(client, account.key, params=query)
    assert response.status_code == 200, response.text
    return dict(response.json())


def ask(client: httpx.Client, account: Account, endpoint: Endpoint, id: str) -> httpx.Response:
    return endpoint.send(client, account.key, path=f"/v3/assets/{id}")


def owner(stored: StoredData, account: Account) -> str:
    row = stored.database.execute("SELECT name FROM workspace WHERE id = %s", [account.workspace_id]).fetchone()
    assert row
    return str(row[0])


def filed(client: httpx.Client, account: Account) -> tuple[str, str]:
    """A folder and an asset in it."""
    folder = heygen_v1.CREATE.send(client, account.key, json={"name": "a"}).json()["data"]["id"]
    into = {"folder_id": folder}
    asset = heygen_v1.UPLOAD.send(client, account.key, content=samples.png(), params=into).json()["data"]["id"]
    return folder, asset


def not_found(response: httpx.Response, id: str) -> None:
    """[documented] `param` is null."""
    assert response.status_code == 404
    page = f"{response.request.url.copy_with(raw_path=b'/docs/error-codes')}#asset-not-found"
    assert response.json() == {
        "error": {"code": "asset_not_found", "message": f"Asset {id} not found", "param": None, "doc_url": page}
    }


def test_empty_list_is_complete(client: httpx.Client, fresh: Account) -> None:
    assert listed(client, fresh) == {"data": [], "has_more": False, "next_token": None}


@pytest.mark.parametrize(
    ("data", "name", "shown", "kind"),
    [
        (samples.png(), "Grüße.png", "Grüße.png", "image"),
        (samples.mp4(), "clip", "clip.mp4", "video"),
        (samples.wav(), "a.wav", "a.wav", "audio"),
        (samples.pdf(), "a.pdf", "a.pdf", "document"),
    ],
)
def test_asset_and_list_are_complete(
    client: httpx.Client, fresh: Account, stored: StoredData, data: bytes, name: str, shown: str, kind: str
) -> None:
    posted = upload(client, fresh, data, name)
    rows_of = "UPDATE asset SET created_at = %s WHERE workspace_id = %s"
    stored.database.execute(rows_of, [rows.moment(999_999), fresh.workspace_id])
    asset = {
        "id": posted["asset_id"],
        "name": shown,
        "type": kind,
        "owner": owner(stored, fresh),
        "space_id": fresh.workspace_id.hex,
        "uploaded_at": int(BEGINNING.timestamp()),
        "url": posted["url"],
        "folder_id": None,
    }
    assert listed(client, fresh) == {"data": [asset], "has_more": False, "next_token": None}
    one = ask(client, fresh, GET, posted["asset_id"])
    assert (one.status_code, one.json()) == (200, {"data": asset})
    assert list(one.json()["data"]) == KEYS
    assert ask(client, fresh, GET, str(UUID(posted["asset_id"]))).json() == {"data": asset}


def test_page_size_defaults_to_20_and_is_at_most_100(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    rows.put_assets(stored, fresh, [Row(n, uuid4()) for n in range(101)])
    first = listed(client, fresh)
    assert (len(first["data"]), first["has_more"]) == (20, True)
    second = listed(client, fresh, limit="100", token=first["next_token"])
    assert (len(second["data"]), second["has_more"], second["next_token"]) == (81, False, None)
    for limit in ("0", "101"):
        response = LIST.send(client, fresh.key, params={"limit": limit})
        assert response.status_code == 400
        LIST.check_error(response, "invalid_parameter")
        assert response.json()["error"]["param"] == "limit"


@pytest.mark.parametrize("username", ["", "somebody", "\0", "x" * 5000])
def test_username_is_ignored(client: httpx.Client, fresh: Account, username: str) -> None:
    id = upload(client, fresh, samples.png(), "a.png")["asset_id"]
    assert [asset["id"] for asset in listed(client, fresh, username=username)["data"]] == [id]


def test_folder_id_filters_folder_root_or_all(client: httpx.Client, fresh: Account) -> None:
    """The vendor's command line sends `folder_id=` for the root."""
    folder, inside = filed(client, fresh)
    outside = upload(client, fresh, samples.png(), "a.png")["asset_id"]
    for query, expected in (({}, [outside, inside]), ({"folder_id": ""}, [outside]), ({"folder_id": folder}, [inside])):
        assert [asset["id"] for asset in listed(client, fresh, **query)["data"]] == expected
    assert ask(client, fresh, GET, inside).json()["data"]["folder_id"] == folder


def test_foreign_and_unknown_folders_look_alike(client: httpx.Client, account: Account, fresh: Account) -> None:
    theirs, _ = filed(client, account)
    answers = [LIST.send(client, fresh.key, params={"folder_id": id}) for id in (theirs, uuid4().hex, "folder_abc")]
    for answer in answers:
        assert answer.status_code == 404
        LIST.check_error(answer, "not_found")
    assert len({answer.content for answer in answers}) == 1


def test_delete_removes_asset_and_file(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    posted = upload(client, fresh, samples.png(), "a.png")
    id = posted["asset_id"]
    assert client.get(posted["url"]).status_code == 200
    response = ask(client, fresh, DELETE, id)
    assert (response.status_code, response.json()) == (200, {"data": {"id": id}})
    assert client.get(posted["url"]).status_code == 404, "this process has just served it"
    not_found(ask(client, fresh, DELETE, id), id)
    not_found(ask(client, fresh, GET, id), id)
    assert krea.GET.send(client, fresh.key, path=f"/assets/{id}").status_code == 404
    assert assets(stored, fresh) == 0


@pytest.mark.parametrize("endpoint", [GET, DELETE], ids=lambda endpoint: endpoint.name)
def test_foreign_and_unknown_assets_look_alike(
    client: httpx.Client, account: Account, fresh: Account, endpoint: Endpoint
) -> None:
    theirs = upload(client, account, samples.png(), "a.png")["asset_id"]
    none = uuid4().hex
    not_found(ask(client, fresh, endpoint, theirs), theirs)
    not_found(ask(client, fresh, endpoint, none), none)
    assert ask(client, account, GET, theirs).status_code == 200


@pytest.mark.parametrize("endpoint", [GET, DELETE], ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("id", ["asset_abc123def456", "null", "0" * 31, "<b>", "é", "{}"])
def test_malformed_id_is_not_found(client: httpx.Client, account: Account, endpoint: Endpoint, id: str) -> None:
    """The vendor's ids are opaque."""
    not_found(ask(client, account, endpoint, id), id)


def test_long_id_is_truncated_in_message(client: httpx.Client, account: Account) -> None:
    not_found(ask(client, account, GET, "x" * 5000), "x" * 100)


@pytest.mark.parametrize("endpoint", [GET, DELETE], ids=lambda endpoint: endpoint.name)
def test_escaped_slash_in_id_is_not_found(client: httpx.Client, account: Account, endpoint: Endpoint) -> None:
    """The vendor's command line escapes what it is given."""
    response = ask(client, account, endpoint, "a%2Fb")
    assert response.status_code == 404
    endpoint.check_error(response, "not_found")
