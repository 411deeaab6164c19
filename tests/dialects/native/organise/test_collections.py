"""Collections and folders in the native API. What the verbs do is tested with the library."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.native.endpoints import auth, check_error, create, inline


class Library:
    """A workspace's collections and folders."""

    def __init__(self, client: httpx.Client, account: Account) -> None:
        self.client, self.headers, self.key = client, auth(account.key), account.key

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self.client.request(method, f"/api{path}", headers=self.headers, **request)

    def new(self, path: str = "/collections", **body: Any) -> dict[str, Any]:
        answer = self.ask("POST", path, json={"name": "c", **body})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", path, params=params).raise_for_status().json()["items"]
        return found

    def names(self, path: str, **params: Any) -> list[str]:
        return [item["name"] for item in self.items(path, **params)]

    def asset(self, seed: int = 1, **fields: Any) -> str:
        return str(create(self.client, self.key, inline(samples.png(seed=seed)), **fields).json()["id"])


@pytest.fixture
def own(client: httpx.Client, fresh: Account) -> Library:
    return Library(client, fresh)


@pytest.fixture
def theirs(client: httpx.Client, server: Any, stored: StoredData) -> Library:
    return Library(client, stored.account(server.new_key()))


def test_members_in_bulk(own: Library, theirs: Library) -> None:
    collection = own.new()
    path = f"/collections/{collection['id']}"
    assets = [own.asset(seed) for seed in range(3)]
    foreign, unknown = theirs.asset(), str(uuid4())
    answer = own.ask("POST", f"{path}/members", json={"add": [*assets, assets[0], foreign, unknown]})
    assert answer.json() == {"added": 3, "removed": 0, "not_found": [foreign, unknown]}
    assert own.ask("GET", path).json()["asset_count"] == 3
    answer = own.ask("POST", f"{path}/members", json={"remove": assets[:2], "add": [assets[1], assets[2]]})
    assert answer.json() == {"added": 1, "removed": 2, "not_found": []}
    listed = {item["id"] for item in own.items("/assets", collection_id=collection["id"])}
    assert listed == set(assets[1:])
    for who, id in ((theirs, collection["id"]), (own, str(uuid4()))):
        answer = who.ask("POST", f"/collections/{id}/members", json={"add": [foreign]})
        assert answer.status_code == 404
        check_error(answer)


def test_smart_collection_with_metadata_is_live(own: Library, stored: StoredData) -> None:
    smart = own.new(
        filters={
            "and": [{"field": "metadata.shot", "op": "eq", "value": "12"}, {"field": "size", "op": "gt", "value": 1}]
        }
    )
    assert smart["type"] == "smart"
    path = f"/collections/{smart['id']}"
    first, second = own.asset(1), own.asset(2)
    assert own.ask("GET", path).json()["asset_count"] == 0
    stored.database.execute('UPDATE asset SET metadata = \'{"shot": "12"}\' WHERE id = %s', [first])
    assert own.ask("GET", path).json()["asset_count"] == 1
    assert [item["id"] for item in own.items("/assets", collection_id=smart["id"])] == [first]
    assert own.items("/assets", collection_id=smart["id"], **{"size[gt]": "999999999"}) == []
    facets = own.ask("GET", "/facets", params={"by": "kind", "collection_id": smart["id"]}).json()
    assert facets["total"]["count"] == 1
    changed = own.ask("PATCH", path, json={"filters": {"field": "metadata.shot", "op": "exists", "value": False}})
    assert changed.status_code == 200
    assert [item["id"] for item in own.items("/assets", collection_id=smart["id"])] == [second]
    refused = own.ask("POST", f"{path}/members", json={"add": [first]})
    assert refused.status_code == 422
    refused = own.ask("PATCH", path, json={"filters": {"field": "metadata", "op": "eq", "value": "x"}})
    assert (refused.status_code, refused.json()["param"]) == (422, "filters")


def test_smart_collection_of_the_native_api_in_fals(own: Library) -> None:
    filters = {"field": "metadata.shot", "op": "exists", "value": True}
    smart = own.new(filters=filters)
    answer = own.client.get(f"/v1/assets/collections/{smart['id']}", headers={"Authorization": f"Key {own.key}"})
    assert answer.json()["collection"]["filters"] == filters


def test_tree(own: Library) -> None:
    top = own.new(name="top")
    middle = own.new(name="middle", parent_id=top["id"])
    leaf = own.new(name="leaf")
    moved = own.ask("POST", f"/collections/{leaf['id']}/move", json={"parent_id": middle["id"]})
    assert moved.json()["parent_id"] == middle["id"]
    tree = own.ask("GET", f"/collections/{middle['id']}/tree").json()
    assert [each["name"] for each in tree["ancestors"]] == ["top"]
    assert [child["name"] for child in tree["tree"]["children"]] == ["leaf"]
    assert own.names("/collections", parent_id=top["id"]) == ["middle"]
    assert own.names("/collections", parent_id="none") == ["top"]
    looped = own.ask("POST", f"/collections/{top['id']}/move", json={"parent_id": leaf["id"]})
    assert looped.status_code == 422
    assert own.ask("DELETE", f"/collections/{middle['id']}").status_code == 204
    assert own.names("/collections", parent_id=top["id"]) == ["leaf"]


def test_lists_by_type_and_cursor(own: Library) -> None:
    for number in range(3):
        own.new(name=f"m{number}")
    own.new(name="s", filters={"field": "type", "op": "eq", "value": "image"})
    picture = own.asset()
    character = own.client.post(
        "/v1/assets/characters",
        json={"name": "Ann", "description": "d", "reference_images": [picture]},
        headers={"Authorization": f"Key {own.key}"},
    )
    assert character.status_code == 201, character.text
    assert own.names("/collections") == ["Ann", "s", "m2", "m1", "m0"]
    assert own.names("/collections", type=["smart", "character"]) == ["Ann", "s"]
    [ann] = own.items("/collections", type="character")
    assert (ann["identifier"], len(ann["reference_urls"])) == ("ann", 1)
    assert own.ask("GET", f"/collections/{ann['id']}").json()["asset_count"] == 0
    page = own.ask("GET", "/collections", params={"limit": 2}).json()
    rest = own.ask("GET", "/collections", params={"limit": 3, "cursor": page["next_cursor"]}).json()
    assert [item["name"] for item in rest["items"]] == ["m2", "m1", "m0"]
    assert rest["next_cursor"] is None


def test_cover_is_an_image_of_the_workspace(own: Library, theirs: Library) -> None:
    picture = own.asset()
    made = own.new(cover_asset_id=picture)
    assert made["cover_url"] == own.ask("GET", f"/assets/{picture}").json()["url"]
    assert own.ask("PATCH", f"/collections/{made['id']}", json={"cover_asset_id": None}).json()["cover_url"] is None
    for cover in (theirs.asset(), str(uuid4())):
        assert own.ask("POST", "/collections", json={"name": "c", "cover_asset_id": cover}).status_code == 404


def test_folders(own: Library, theirs: Library) -> None:
    top = own.new("/folders", name="top")
    inner = own.new("/folders", name="inner", parent_id=top["id"])
    own.asset(folder_id=inner["id"])
    assert own.names("/folders", parent_id="none") == ["top"]
    assert own.names("/folders", name="NN") == ["inner"]
    assert own.items("/folders", parent_id=top["id"])[0]["children"] == 1
    assert own.ask("DELETE", f"/folders/{top['id']}").json()["trashed_at"]
    assert own.names("/folders") == []
    assert set(own.names("/folders", trashed="true")) == {"top", "inner"}
    assert own.ask("POST", f"/folders/{top['id']}/restore").json()["trashed_at"] is None
    assert set(own.names("/folders")) == {"top", "inner"}
    assert theirs.names("/folders") == []
    for who in (theirs, own):
        path = f"/folders/{inner['id'] if who is theirs else uuid4()}"
        assert {who.ask(*each).status_code for each in (("GET", path), ("DELETE", path))} == {404}
    for parent in (theirs.new("/folders")["id"], str(uuid4())):
        assert own.ask("POST", "/folders", json={"name": "x", "parent_id": parent}).status_code == 404
