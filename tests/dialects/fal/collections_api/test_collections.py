"""fal's collections: create, list, change, mark, delete, members."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.rows import Row, put_assets
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.collections_api import collection_endpoints as endpoints
from tests.dialects.fal.collections_api.creation import (
    add,
    at,
    character,
    collection,
    done,
    expire,
    image,
    members,
    remove,
)
from tests.dialects.fal.endpoints import auth
from tests.dialects.fal.registration import host, register
from tests.dialects.idempotency import new_key

KEYS = [
    *("id", "type", "name", "description", "icon", "color", "cover_image_url", "character_identifier"),
    *("parent_collection_id", "is_favorited", "created_at", "updated_at", "filters", "asset_count"),
]
FILTERS = {"and": [{"field": "type", "op": "eq", "value": "image"}]}
NOWHERE = "00000000-0000-4000-8000-000000000000"


def get(client: httpx.Client, account: Account, id: str) -> dict[str, Any]:
    return done(at(client, account, endpoints.GET_COLLECTION, id))


def change(client: httpx.Client, account: Account, id: str, **body: Any) -> httpx.Response:
    return at(client, account, endpoints.UPDATE_COLLECTION, id, json=body)


def listed(client: httpx.Client, account: Account, **params: Any) -> list[str]:
    response = endpoints.LIST_COLLECTIONS.send(client, account.key, params=params)
    assert response.status_code == 200, response.text
    assert list(response.json()) == ["collections"]
    return [each["id"] for each in response.json()["collections"]]


def test_created_collection_has_all_documented_keys(client: httpx.Client, account: Account) -> None:
    made = collection(client, account, "Ein 熊 🐻")
    assert list(made) == KEYS
    assert str(UUID(made["id"])) == made["id"]
    created = datetime.fromisoformat(made["created_at"])
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)
    assert made == {
        "id": made["id"],
        "type": "manual",
        "name": "Ein 熊 🐻",
        "description": None,
        "icon": None,
        "color": None,
        "cover_image_url": None,
        "character_identifier": None,
        "parent_collection_id": None,
        "is_favorited": False,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "filters": None,
        "asset_count": 0,
    }
    assert get(client, account, made["id"]) == made


def test_all_fields_are_stored(client: httpx.Client, account: Account, url: str) -> None:
    parent = collection(client, account)
    said = {"description": "d" * 2000, "icon": "i" * 64, "color": "#fff", "cover_image_url": url}
    made = collection(client, account, "n" * 255, parent_collection_id=parent["id"], **said)
    assert {key: made[key] for key in said} == said
    assert (made["name"], made["type"], made["parent_collection_id"]) == ("n" * 255, "manual", parent["id"])
    assert get(client, account, made["id"]) == made


def test_collection_with_filters_is_smart(client: httpx.Client, account: Account) -> None:
    made = collection(client, account, filters=FILTERS)
    assert (made["type"], made["filters"], made["asset_count"]) == ("smart", FILTERS, None)
    assert get(client, account, made["id"]) == made
    assert collection(client, account, filters=None)["type"] == "manual"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"name": None}, 422),
        ({"name": ""}, 422),
        ({"name": "n" * 256}, 422),
        ({"name": 1}, 422),
        ({"name": "a", "description": "d" * 2001}, 422),
        ({"name": "a", "icon": "i" * 65}, 422),
        ({"name": "a", "color": "c" * 65}, 422),
        ({"name": "a", "icon": 1}, 422),
        ({"name": "a\0b"}, 422),
        ({"name": "a", "cover_image_url": ""}, 422),
        ({"name": "a", "cover_image_url": "http://elsewhere.example/a.png"}, 422),
        ({"name": "a", "cover_image_url": "no url"}, 422),
        ({"name": "a", "parent_collection_id": ""}, 422),
        ({"name": "a", "parent_collection_id": "x"}, 404),
        ({"name": "a", "parent_collection_id": NOWHERE}, 404),
        ({"name": "a", "filters": {}}, 422),
        ({"name": "a", "filters": []}, 422),
        ({"name": "a", "filters": "text"}, 422),
        ({"name": "a", "filters": False}, 422),
        ({"name": "a", "filters": {"and": [{"field": "type", "op": "eq"}]}}, 422),
        ({"name": "a", "filters": FILTERS, "parent_collection_id": NOWHERE}, 422),
    ],
    ids=lambda value: str(value)[:60],
)
def test_invalid_body_is_refused(
    client: httpx.Client, account: Account, stored: StoredData, body: dict[str, Any], status: int
) -> None:
    before = stored.count(account)
    response = endpoints.CREATE_COLLECTION.send(client, account.key, json=body)
    assert response.status_code == status, response.text
    endpoints.CREATE_COLLECTION.check_error(response, {404: "not_found", 422: "validation_error"}[status])
    assert stored.count(account) == before


def test_malformed_filter_error_has_its_path(client: httpx.Client, account: Account) -> None:
    filters = {"or": [FILTERS, {"and": [{"field": "nothing", "op": "eq", "value": "x"}]}]}
    response = endpoints.CREATE_COLLECTION.send(client, account.key, json={"name": "a", "filters": filters})
    assert response.status_code == 422
    assert "filters.or[1].and[0].field" in response.json()["error"]["message"]


@pytest.mark.parametrize("filters", [None, FILTERS], ids=["manual", "smart"])
def test_update_keeps_absent_fields(client: httpx.Client, account: Account, url: str, filters: Any) -> None:
    said = {"description": "d", "icon": "i", "color": "c", "cover_image_url": url}
    made = collection(client, account, filters=filters, **said)
    for change_to in ({"name": "b"}, {"description": None}, {"icon": None}, {"color": "x"}, {"cover_image_url": None}):
        changed = done(change(client, account, made["id"], **change_to))
        assert changed == {**made, **change_to, "updated_at": changed["updated_at"]}
        assert datetime.fromisoformat(changed["updated_at"]) > datetime.fromisoformat(made["updated_at"])
        made = changed
    assert get(client, account, made["id"]) == made


def test_unchanged_fields_change_nothing(client: httpx.Client, account: Account, url: str) -> None:
    made = collection(client, account, icon="i", cover_image_url=url, filters=FILTERS)
    same = {key: made[key] for key in ("name", "description", "icon", "color", "cover_image_url", "filters")}
    for body in ({}, same, {"later": 1}, {"name": "a"}):
        assert done(change(client, account, made["id"], **body)) == made


def test_filters_are_replaced(client: httpx.Client, account: Account) -> None:
    smart = collection(client, account, filters=FILTERS)
    other = {"field": "source", "op": "in", "value": ["upload"]}
    assert done(change(client, account, smart["id"], filters=other))["filters"] == other
    for filters in (None, {}, 1):
        assert change(client, account, smart["id"], filters=filters).status_code == 422
    assert get(client, account, smart["id"])["filters"] == other


def test_filters_are_refused_unless_smart(client: httpx.Client, account: Account, url: str) -> None:
    for id in (collection(client, account)["id"], character(client, account, [url])["id"]):
        before = get(client, account, id)
        assert change(client, account, id, filters=FILTERS, name="b").status_code == 422
        assert done(change(client, account, id, filters=None)) == before


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"name": ""},
        {"name": "n" * 256},
        {"description": "d" * 2001},
        {"icon": "i" * 65},
        {"color": "c" * 65},
        {"cover_image_url": "http://elsewhere.example/a.png"},
    ],
    ids=lambda value: str(value)[:60],
)
def test_invalid_update_is_refused(client: httpx.Client, account: Account, body: dict[str, Any]) -> None:
    made = collection(client, account)
    response = change(client, account, made["id"], **{"description": "new", **body})
    assert response.status_code == 422
    endpoints.UPDATE_COLLECTION.check_error(response, "validation_error")
    assert get(client, account, made["id"]) == made


def test_cover_must_be_an_own_image(client: httpx.Client, account: Account, fresh: Account, stored: StoredData) -> None:
    """Stored images of this workspace; they need not be assets."""
    id = collection(client, account)["id"]
    video = host(client, account, samples.mp4(), "video/mp4")
    theirs = host(client, fresh, samples.png(), "image/png")
    ours = image(client, account)["url"]
    for url, status in (
        (video, 422),
        (theirs, 404),
        (ours.replace(ours.split("/")[5], "0" * 32), 404),
        (ours.partition("/files/")[0], 404),
        (f"{ours}?more=1", 200),
        (ours.replace("127.0.0.1", "localhost"), 200),
    ):
        assert change(client, account, id, cover_image_url=url).status_code == status, url
    assert get(client, account, id)["cover_image_url"] == ours
    shown = at(client, account, endpoints.GET_COLLECTION, id, headers={"Host": "media.example"}).json()
    assert shown["collection"]["cover_image_url"].startswith("http://media.example/files/b/")
    assert stored.count(fresh)["file"] == 1


def test_deleted_or_expired_cover_is_null(client: httpx.Client, account: Account, stored: StoredData) -> None:
    assets = [image(client, account, seed) for seed in (1, 2)]
    made = [collection(client, account, cover_image_url=asset["url"]) for asset in assets]
    assert client.delete(f"/v1/assets/{assets[0]['vector_id']}", headers=auth(account.key)).status_code == 204
    expire(stored, assets[1])
    for each in made:
        assert get(client, account, each["id"]) == {**each, "cover_image_url": None}
    again = change(client, account, made[0]["id"], cover_image_url=assets[1]["url"])
    assert again.status_code == 404


def test_favorite_and_unfavorite_are_idempotent(client: httpx.Client, account: Account) -> None:
    made = collection(client, account, filters=FILTERS)
    favorite = {**made, "is_favorited": True}
    for endpoint, expected in (
        *((endpoints.UNFAVORITE_COLLECTION, made), (endpoints.FAVORITE_COLLECTION, favorite)),
        *((endpoints.FAVORITE_COLLECTION, favorite), (endpoints.UNFAVORITE_COLLECTION, made)),
    ):
        response = at(client, account, endpoint, made["id"])
        assert list(response.json()) == ["collection"]
        assert done(response) == expected
        assert get(client, account, made["id"]) == expected


def test_delete_keeps_assets(client: httpx.Client, account: Account, stored: StoredData) -> None:
    made, asset = collection(client, account), image(client, account)
    assert add(client, account, made["id"], vector_id=asset["vector_id"]).status_code == 200
    response = at(client, account, endpoints.DELETE_COLLECTION, made["id"])
    assert (response.status_code, response.content) == (204, b"")
    for endpoint in (endpoints.DELETE_COLLECTION, endpoints.GET_COLLECTION, endpoints.FAVORITE_COLLECTION):
        assert at(client, account, endpoint, made["id"]).status_code == 404
    shown = client.get(f"/v1/assets/{asset['vector_id']}", headers=auth(account.key)).json()["asset"]
    assert shown == {**asset, "collection_ids": []}
    assert members(stored, made["id"]) == []


class TestLists:
    def test_list_is_newest_first_without_characters(self, client: httpx.Client, fresh: Account) -> None:
        url = host(client, fresh, samples.png(), "image/png")
        made = [collection(client, fresh, str(n), filters=FILTERS if n % 3 == 0 else None)["id"] for n in range(7)]
        inner = collection(client, fresh, parent_collection_id=made[1])["id"]
        character(client, fresh, [url])
        newest = [inner, *made[::-1]]
        assert listed(client, fresh) == newest
        assert [listed(client, fresh, limit=3, offset=offset) for offset in (0, 3, 6, 9)] == [
            newest[:3],
            newest[3:6],
            newest[6:],
            [],
        ]
        for offset in ("", "null", "0"):
            assert listed(client, fresh, offset=offset) == newest
        assert listed(client, fresh, offset=10**9) == []
        assert listed(client, fresh, offset=32_700, limit=100) == []

    def test_page_size_defaults_to_50(self, client: httpx.Client, fresh: Account, stored: StoredData) -> None:
        stored.database.execute(
            "INSERT INTO collection (id, workspace_id, name) SELECT gen_random_uuid(), %s, 'a'"
            " FROM generate_series(1, 101)",
            [fresh.workspace_id],
        )
        assert (len(listed(client, fresh)), len(listed(client, fresh, limit=100))) == (50, 100)
        pages = [listed(client, fresh, limit=30, offset=offset) for offset in (0, 30, 60, 90)]
        assert len({id for page in pages for id in page}) == 101  # equal timestamps, stable order

    def test_listed_collection_equals_single_collection(self, client: httpx.Client, fresh: Account) -> None:
        made = [collection(client, fresh, filters=FILTERS), collection(client, fresh, icon="i")]
        shown = endpoints.LIST_COLLECTIONS.send(client, fresh.key).json()["collections"]
        assert shown == made[::-1]

    @pytest.mark.parametrize(
        "params",
        [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"offset": "-1"}, {"offset": "x"}, {"offset": "9" * 30}],
        ids=str,
    )
    def test_invalid_page_is_refused(self, client: httpx.Client, account: Account, params: dict[str, str]) -> None:
        response = endpoints.LIST_COLLECTIONS.send(client, account.key, params=params)
        assert response.status_code == 422
        endpoints.LIST_COLLECTIONS.check_error(response, "validation_error")

    def test_list_excludes_other_workspaces(self, client: httpx.Client, fresh: Account, account: Account) -> None:
        collection(client, account)
        assert listed(client, fresh) == []


class TestMembers:
    def test_add_and_remove_are_idempotent(self, client: httpx.Client, account: Account) -> None:
        asset = image(client, account)
        ids = [collection(client, account)["id"] for _ in range(2)]
        for id in (*ids, ids[0]):  # adding twice has the effect of adding once
            response = add(client, account, id, vector_id=asset["vector_id"])
            assert (response.status_code, response.json()) == (200, {"success": True})
        shown = client.get(f"/v1/assets/{asset['vector_id']}", headers=auth(account.key)).json()["asset"]
        assert shown["collection_ids"] == ids
        assert [get(client, account, id)["asset_count"] for id in ids] == [1, 1]
        for _ in range(2):
            response = remove(client, account, ids[0], vector_id=asset["vector_id"])
            assert (response.status_code, response.content) == (204, b"")
        assert [get(client, account, id)["asset_count"] for id in ids] == [0, 1]

    def test_request_id_refers_to_its_oldest_asset(
        self, client: httpx.Client, fresh: Account, stored: StoredData
    ) -> None:
        """The oldest asset of the request."""
        rows = [Row(n, uuid4()) for n in range(3)]
        put_assets(stored, fresh, rows)
        stored.database.execute("UPDATE asset SET request_id = 'r 1' WHERE workspace_id = %s", [fresh.workspace_id])
        id = collection(client, fresh)["id"]
        assert add(client, fresh, id, request_id="r 1").status_code == 200
        assert members(stored, id) == [rows[0].id]
        assert remove(client, fresh, id, request_id="r 1").status_code == 204
        assert members(stored, id) == []

    def test_character_accepts_members(
        self, client: httpx.Client, account: Account, stored: StoredData, url: str
    ) -> None:
        id, asset = character(client, account, [url])["id"], image(client, account)
        assert add(client, account, id, vector_id=asset["vector_id"]).status_code == 200
        assert members(stored, id) == [UUID(asset["vector_id"])]
        assert get(client, account, id)["asset_count"] is None
        assert remove(client, account, id, vector_id=asset["vector_id"]).status_code == 204

    def test_smart_collection_refuses_members(self, client: httpx.Client, account: Account, stored: StoredData) -> None:
        id, asset = collection(client, account, filters=FILTERS)["id"], image(client, account)
        for response in (
            add(client, account, id, vector_id=asset["vector_id"]),
            remove(client, account, id, vector_id=asset["vector_id"]),
            register(client, account, asset["url"], collection_id=id, favorite=True),
        ):
            assert response.status_code == 422
            endpoints.ADD.check_error(response, "validation_error")
        assert members(stored, id) == []
        shown = client.get(f"/v1/assets/{asset['vector_id']}", headers=auth(account.key)).json()["asset"]
        assert shown == asset

    def test_registration_into_character_is_refused(
        self, client: httpx.Client, account: Account, stored: StoredData, url: str
    ) -> None:
        id = character(client, account, [url])["id"]
        assert register(client, account, url, collection_id=id).status_code == 422
        assert members(stored, id) == []

    @pytest.mark.parametrize(
        ("target", "status"),
        [
            ({}, 422),
            ({"vector_id": None}, 422),
            ({"vector_id": ""}, 422),
            ({"vector_id": 1}, 422),
            ({"vector_id": NOWHERE, "request_id": "r"}, 422),
            ({"vector_id": "x"}, 404),
            ({"vector_id": NOWHERE}, 404),
            ({"request_id": "none of ours"}, 404),
        ],
        ids=str,
    )
    def test_invalid_asset_reference_is_refused(
        self, client: httpx.Client, account: Account, target: dict[str, Any], status: int
    ) -> None:
        id = collection(client, account)["id"]
        for endpoint in (endpoints.ADD, endpoints.REMOVE):
            response = at(client, account, endpoint, id, json=target)
            assert response.status_code == status
            endpoint.check_error(response, {404: "not_found", 422: "validation_error"}[status])

    def test_foreign_assets_are_not_found(
        self, client: httpx.Client, account: Account, fresh: Account, stored: StoredData
    ) -> None:
        id, theirs = collection(client, account)["id"], image(client, fresh)
        assert add(client, account, id, vector_id=theirs["vector_id"]).status_code == 404
        assert remove(client, account, id, vector_id=theirs["vector_id"]).status_code == 404
        assert members(stored, id) == []

    def test_same_idempotency_key_with_other_asset_is_a_conflict(
        self, client: httpx.Client, account: Account, stored: StoredData
    ) -> None:
        id, assets = collection(client, account)["id"], [image(client, account, seed)["vector_id"] for seed in (1, 2)]
        headers = {"Idempotency-Key": new_key()}
        answers = [
            at(client, account, endpoints.ADD, id, json={"vector_id": asset}, headers=headers).status_code
            for asset in (*assets, assets[0])
        ]
        assert answers == [200, 409, 200]
        assert members(stored, id) == [UUID(assets[0])]


class TestCounts:
    def test_expired_assets_are_not_counted(self, client: httpx.Client, fresh: Account, stored: StoredData) -> None:
        id, assets = collection(client, fresh)["id"], [image(client, fresh, seed) for seed in range(3)]
        for asset in assets:
            add(client, fresh, id, vector_id=asset["vector_id"])
        expire(stored, assets[0])
        assert get(client, fresh, id)["asset_count"] == 2
        assert client.delete(f"/v1/assets/{assets[1]['vector_id']}", headers=auth(fresh.key)).status_code == 204
        assert get(client, fresh, id)["asset_count"] == 1

    def test_count_is_of_direct_members_up_to_10000(
        self, client: httpx.Client, fresh: Account, stored: StoredData
    ) -> None:
        outer = collection(client, fresh)["id"]
        inner = collection(client, fresh, parent_collection_id=outer)["id"]
        put_many(stored, fresh, inner, 10_000)
        assert [get(client, fresh, id)["asset_count"] for id in (outer, inner)] == [0, 10_000]
        add(client, fresh, inner, vector_id=image(client, fresh)["vector_id"])
        assert get(client, fresh, inner)["asset_count"] is None
        shown = endpoints.LIST_COLLECTIONS.send(client, fresh.key).json()["collections"]
        assert [each["asset_count"] for each in shown] == [None, 0]


def put_many(stored: StoredData, account: Account, collection_id: str, count: int) -> None:
    """Insert `many` assets over one blob into the collection."""
    blob = uuid4()
    put_assets(stored, account, [Row(0, blob)])
    stored.database.execute(
        """
        WITH new AS (SELECT gen_random_uuid() AS id FROM generate_series(1, %(count)s)),
        files AS (
            INSERT INTO file (id, workspace_id, blob_id, name)
            SELECT id, %(workspace)s, %(blob)s, 'a.png' FROM new RETURNING id
        ), assets AS (
            INSERT INTO asset (id, workspace_id, file_id, kind, title, source)
            SELECT id, %(workspace)s, id, 'image', 'a', 'upload' FROM files RETURNING id, created_at
        )
        INSERT INTO collection_asset (collection_id, asset_id, asset_created_at)
        SELECT %(collection)s, id, created_at FROM assets
        """,
        {"count": count, "workspace": account.workspace_id, "blob": blob, "collection": collection_id},
    )
