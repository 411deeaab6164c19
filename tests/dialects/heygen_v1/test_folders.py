"""Folders: create, list, rename, trash, restore."""

import time
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.contracts.dialect import Endpoint
from tests.dialects.database import rows
from tests.dialects.database.rows import Row
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.heygen_v1.endpoints import CREATE, FOLDERS, RENAME, RESTORE, TRASH, UPLOAD

KEYS = [
    *("id", "name", "parent_id", "project_type", "is_trash", "created_ts", "updated_ts", "direct_children_count"),
    "creator_username",
]
CHANGES = {"": RENAME, "/trash": TRASH, "/restore": RESTORE}


def create(client: httpx.Client, account: Account, name: str = "a folder", **more: Any) -> dict[str, Any]:
    response = CREATE.send(client, account.key, json={"name": name, **more})
    assert response.status_code == 200, response.text
    return dict(response.json()["data"])


def change(client: httpx.Client, account: Account, endpoint: Endpoint, id: str, **body: Any) -> dict[str, Any]:
    response = send(client, account, endpoint, id, **body)
    assert response.status_code == 200, response.text
    assert response.json()["error"] is None
    return dict(response.json()["data"])


def send(client: httpx.Client, account: Account, endpoint: Endpoint, id: str, **body: Any) -> httpx.Response:
    path = f"/v1/folders/{id}" + next(end for end, each in CHANGES.items() if each is endpoint)
    return endpoint.send(client, account.key, path=path, **({"json": body} if body else {}))


def listed(client: httpx.Client, account: Account, **query: str) -> dict[str, Any]:
    response = FOLDERS.send(client, account.key, params=query)
    assert response.status_code == 200, response.text
    assert response.json()["error"] is None
    return dict(response.json()["data"])


def names(client: httpx.Client, account: Account, **query: str) -> list[str]:
    return [folder["name"] for folder in listed(client, account, **query)["folders"]]


def refused(response: httpx.Response, status: int, code: int) -> None:
    assert response.status_code == status, response.text
    FOLDERS.check_error(response, code)


def test_created_folder_is_complete(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    row = stored.database.execute("SELECT name FROM workspace WHERE id = %s", [fresh.workspace_id]).fetchone()
    assert row
    folder = create(client, fresh, "Holiday 🏖")
    assert list(folder) == KEYS
    created = folder.pop("created_ts")
    assert folder == {
        "id": UUID(folder["id"]).hex,
        "name": "Holiday 🏖",
        "parent_id": "",
        "project_type": "mixed",
        "is_trash": False,
        "updated_ts": created,
        "direct_children_count": 0,
        "creator_username": row[0],
    }
    assert isinstance(created, int)
    assert abs(time.time() - created) < 300
    assert listed(client, fresh) == {"folders": [{**folder, "created_ts": created}], "token": None, "total": 1}


@pytest.mark.parametrize("project_type", ["video_translate", "instant_avatar", "video", "asset", "brand_kit", "mixed"])
def test_each_project_type_is_accepted(client: httpx.Client, account: Account, project_type: str) -> None:
    assert create(client, account, project_type=project_type)["project_type"] == project_type


def test_folder_can_be_nested(client: httpx.Client, fresh: Account) -> None:
    outer = create(client, fresh, "outer", parent_id=None)
    inner = create(client, fresh, "inner", parent_id=outer["id"])
    assert inner["parent_id"] == outer["id"]
    assert create(client, fresh, "root", parent_id="")["parent_id"] == ""
    assert names(client, fresh) == ["root", "inner", "outer"]
    assert names(client, fresh, parent_id=outer["id"]) == ["inner"]
    assert names(client, fresh, parent_id=str(UUID(outer["id"]))) == ["inner"]
    assert names(client, fresh, parent_id="") == ["root", "outer"]
    assert listed(client, fresh, parent_id="", limit="1")["total"] == 2
    assert names(client, fresh, parent_id=inner["id"]) == []


def test_children_count_is_of_direct_live_items(client: httpx.Client, fresh: Account) -> None:
    outer = create(client, fresh, "outer")
    inner, other = (create(client, fresh, "inner", parent_id=outer["id"]) for _ in range(2))
    for id in (outer["id"], inner["id"]):
        UPLOAD.send(client, fresh.key, content=samples.png(), params={"folder_id": id})
    change(client, fresh, TRASH, other["id"])
    counts = {folder["id"]: folder["direct_children_count"] for folder in listed(client, fresh)["folders"]}
    assert counts == {outer["id"]: 2, inner["id"]: 1}


@pytest.mark.parametrize("name", ["x", " ", "x" * 255, "🐻" * 255, "a/b", "100%", "'; --", "\u202e"])
def test_folder_name_is_stored_unchanged(client: httpx.Client, account: Account, name: str) -> None:
    folder = create(client, account, name)
    assert folder["name"] == name
    assert change(client, account, RENAME, folder["id"], name=name[::-1])["name"] == name[::-1]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 40001),
        ({"project_type": "mixed"}, 40001),
        ({"name": ""}, 400175),
        ({"name": "x" * 256}, 400175),
        ({"name": "a\0b"}, 400175),
        ({"name": None}, 400175),
        ({"name": 1}, 400175),
        ({"name": "a", "project_type": "other"}, 400175),
        ({"name": "a", "project_type": None}, 400175),
        ({"name": "a", "parent_id": 1}, 400175),
    ],
    ids=str,
)
def test_invalid_create_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, body: dict[str, Any], code: int
) -> None:
    before = stored.count(account)
    refused(CREATE.send(client, account.key, json=body), 400, code)
    stored.expect_counts(account, before)


@pytest.mark.parametrize(("body", "code"), [({"name": ""}, 400175), ({"name": "x" * 256}, 400175), ({"x": 1}, 40001)])
def test_invalid_rename_is_refused(client: httpx.Client, account: Account, body: dict[str, Any], code: int) -> None:
    folder = create(client, account, "as it was")
    refused(send(client, account, RENAME, folder["id"], **body), 400, code)
    assert "as it was" in names(client, account, name_filter="as it was")


def test_foreign_unknown_and_trashed_parents_look_alike(
    client: httpx.Client, account: Account, fresh: Account, stored: StoredData
) -> None:
    """All three get the same answer."""
    theirs, trashed = create(client, account)["id"], create(client, fresh)["id"]
    change(client, fresh, TRASH, trashed)
    before = stored.count(fresh)
    answers = [
        CREATE.send(client, fresh.key, json={"name": "a", "parent_id": id})
        for id in (theirs, trashed, uuid4().hex, "no id")
    ]
    for answer in answers:
        refused(answer, 404, 404)
    assert len({answer.content for answer in answers}) == 1
    stored.expect_counts(fresh, before)
    listings = [FOLDERS.send(client, fresh.key, params={"parent_id": id}) for id in (theirs, uuid4().hex, "no id")]
    for answer in listings:
        refused(answer, 404, 404)
    assert len({answer.content for answer in listings}) == 1


@pytest.mark.parametrize("endpoint", CHANGES.values(), ids=lambda endpoint: endpoint.name)
def test_foreign_and_unknown_folders_look_alike(
    client: httpx.Client, account: Account, fresh: Account, endpoint: Endpoint
) -> None:
    theirs = create(client, account, "theirs")
    answers = [send(client, fresh, endpoint, id, name="mine") for id in (theirs["id"], uuid4().hex, "x", "create/x")]
    for answer in answers:
        refused(answer, 404, 404)
    assert answers[0].content == answers[1].content
    assert theirs in listed(client, account, name_filter="theirs")["folders"]


def test_rename_updates_name_and_timestamp(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    folder = create(client, fresh, "old")
    stored.database.execute(
        "UPDATE folder SET created_at = created_at - interval '1 hour', updated_at = updated_at - interval '1 hour'"
        " WHERE id = %s",
        [folder["id"]],
    )
    renamed = change(client, fresh, RENAME, folder["id"], name="new")
    assert (renamed["name"], renamed["id"]) == ("new", folder["id"])
    assert 3500 < renamed["updated_ts"] - renamed["created_ts"] < 3900
    assert listed(client, fresh)["folders"] == [renamed]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", ["ΣΊΣΥΦΟΣ", "100% sure", "100 sure", "a_b", "axb", "back\\slash", "ÜBER Größe"]),
        ("über", ["ÜBER Größe"]),
        ("U\u0308ber", ["ÜBER Größe"]),
        ("GRÖ", ["ÜBER Größe"]),
        ("σίσυφος", ["ΣΊΣΥΦΟΣ"]),
        ("%", ["100% sure"]),
        ("0% s", ["100% sure"]),
        ("A_B", ["a_b"]),
        ("\\", ["back\\slash"]),
        ("\\%", []),
        ("sure ", []),
        (" sure", ["100% sure", "100 sure"]),
        ("x" * 5000, []),
    ],
)
def test_name_filter_matches_substring(client: httpx.Client, fresh: Account, wanted: str, found: list[str]) -> None:
    for name in ("ÜBER Größe", "back\\slash", "axb", "a_b", "100 sure", "100% sure", "ΣΊΣΥΦΟΣ"):
        create(client, fresh, name)
    assert names(client, fresh, name_filter=wanted) == found
    assert listed(client, fresh, name_filter=wanted, limit="0")["total"] == len(found)


def test_limit_is_0_to_100(client: httpx.Client, fresh: Account, stored: StoredData) -> None:
    rows.put_folders(stored, fresh, [Row(n, uuid4()) for n in range(101)])
    assert listed(client, fresh, limit="0") == {"folders": [], "token": None, "total": 101}
    assert len(listed(client, fresh)["folders"]) == 100
    rows.clear(stored, fresh)


@pytest.mark.parametrize("query", [{"is_trash": "maybe"}, {"is_trash": "1"}, {"limit": "101"}, {"name_filter": "a\0"}])
def test_invalid_query_is_refused(client: httpx.Client, account: Account, query: dict[str, str]) -> None:
    refused(FOLDERS.send(client, account.key, params=query), 400, 40012)


class TestTrash:
    def test_trash_and_restore_include_subfolders(self, client: httpx.Client, fresh: Account) -> None:
        a = create(client, fresh, "a")
        b = create(client, fresh, "b", parent_id=a["id"])
        create(client, fresh, "c", parent_id=b["id"])
        create(client, fresh, "beside")
        trashed = change(client, fresh, TRASH, a["id"])
        assert trashed == {**a, "is_trash": True, "updated_ts": trashed["updated_ts"]}
        assert names(client, fresh) == ["beside"]
        for spelling in ("true", "TRUE", "True"):
            assert names(client, fresh, is_trash=spelling) == ["c", "b", "a"]
        assert names(client, fresh, is_trash="true", parent_id=a["id"]) == ["b"]
        assert names(client, fresh, is_trash="true", parent_id="") == ["a"]
        assert names(client, fresh, is_trash="false", name_filter="b") == ["beside"]
        restored = change(client, fresh, RESTORE, a["id"])
        assert restored == {**a, "direct_children_count": 1, "updated_ts": restored["updated_ts"]}
        assert names(client, fresh) == ["beside", "c", "b", "a"]
        assert names(client, fresh, is_trash="true") == []
        assert [folder["parent_id"] for folder in listed(client, fresh)["folders"]] == ["", b["id"], a["id"], ""]

    def test_restore_keeps_earlier_trashed_subfolders(self, client: httpx.Client, fresh: Account) -> None:
        a = create(client, fresh, "a")
        b = create(client, fresh, "b", parent_id=a["id"])
        create(client, fresh, "c", parent_id=b["id"])
        change(client, fresh, TRASH, b["id"])
        change(client, fresh, TRASH, a["id"])
        change(client, fresh, RESTORE, a["id"])
        assert names(client, fresh) == ["a"]
        assert names(client, fresh, is_trash="true") == ["c", "b"]
        assert change(client, fresh, RESTORE, b["id"])["parent_id"] == a["id"]
        assert names(client, fresh) == ["c", "b", "a"]

    def test_restore_without_parent_moves_to_root(self, client: httpx.Client, fresh: Account) -> None:
        a = create(client, fresh, "a")
        b = create(client, fresh, "b", parent_id=a["id"])
        c = create(client, fresh, "c", parent_id=b["id"])
        change(client, fresh, TRASH, a["id"])
        assert change(client, fresh, RESTORE, b["id"])["parent_id"] == ""
        assert names(client, fresh) == ["c", "b"]
        assert names(client, fresh, parent_id=b["id"]) == ["c"]
        assert change(client, fresh, RESTORE, a["id"])["direct_children_count"] == 0
        assert change(client, fresh, RESTORE, c["id"])["parent_id"] == b["id"]

    def test_trash_and_restore_are_idempotent(self, client: httpx.Client, fresh: Account) -> None:
        folder = create(client, fresh)
        assert change(client, fresh, RESTORE, folder["id"]) == folder
        first = change(client, fresh, TRASH, folder["id"])
        assert change(client, fresh, TRASH, folder["id"]) == first

    def test_trashed_folder_can_be_renamed(self, client: httpx.Client, fresh: Account) -> None:
        folder = create(client, fresh)
        change(client, fresh, TRASH, folder["id"])
        assert change(client, fresh, RENAME, folder["id"], name="new")["is_trash"]
        assert names(client, fresh, is_trash="true") == ["new"]
