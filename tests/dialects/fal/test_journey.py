"""One library used with all 33 operations: answers fit their schemas and show earlier changes."""

from typing import Any

import httpx
import pytest

from tests import samples
from tests.dialects.database.snapshot import Account
from tests.dialects.fal.assets_api.operations import BY_ID
from tests.dialects.fal.assets_api.schemas import fits
from tests.dialects.fal.endpoints import auth
from tests.dialects.fal.registration import host


class Journey:
    """Calls operations by their ids and records which."""

    def __init__(self, client: httpx.Client, key: str) -> None:
        self.client, self.key = client, key
        self.seen: set[str] = set()

    def call(self, id: str, *path: str, params: dict[str, Any] | None = None, **body: Any) -> Any:
        """Call the operation and return its object or page; `path` fills in the path."""
        operation = BY_ID[id]
        self.seen.add(id)
        before, _, after = operation.path.partition("{")
        url = f"/v1{before}{''.join(path)}{after.partition('}')[2]}"
        request: dict[str, Any] = {"params": params, "json": body or None, "headers": auth(self.key)}
        answer = self.client.request(operation.method, url, **request)
        assert answer.status_code == operation.success, answer.text
        shown = fits(answer, operation.schema)
        return next(iter(shown.values())) if shown and len(shown) == 1 else shown


@pytest.fixture
def journey(client: httpx.Client, fresh: Account) -> Journey:
    return Journey(client, fresh.key)


def registered(journey: Journey, account: Account, seed: int, **said: Any) -> Any:
    url = host(journey.client, account, samples.png(seed=seed), "image/png")
    return journey.call("uploadAsset", url=url, type="image", **said)


def test_asset_lifecycle_across_all_operations(journey: Journey, fresh: Account) -> None:
    source = registered(journey, fresh, 1, prompt="a bear", favorite=True)
    tag = tags(journey, source)
    folder = collections(journey, source)
    mona = characters(journey, source)
    inputs = [{"vector_id": source["vector_id"], "role": "source"}, {"url": "http://example.com/a.png"}]
    said = {"request_id": "r", "endpoint": "fal-ai/flux", "prompt": "a bear who paints", "source": "response"}
    made = registered(journey, fresh, 2, **said, inputs=[*inputs, {"character": mona}], tag_ids=[tag])
    lineage(journey, made, source)
    browsing(journey, made, source, tag, folder)
    leaving(journey, made, tag, folder, mona)
    assert journey.seen == set(BY_ID)


def tags(journey: Journey, asset: dict[str, Any]) -> str:
    """Use all tag operations; return the id of a tag without assets."""
    target = {"vector_id": asset["vector_id"]}
    tag = journey.call("createAssetTag", name="Bears")
    assert journey.call("assignAssetTag", tag["id"], **target) is True
    assert journey.call("updateAssetTag", tag["id"], name="Big bears")["name"] == "Big bears"
    assert [each["name"] for each in journey.call("listAssetTagsForAsset", target["vector_id"])] == ["Big bears"]
    journey.call("unassignAssetTag", tag["id"], **target)
    assert journey.call("setAssetTagsForAsset", **target, tag_ids=[tag["id"]])[0]["id"] == tag["id"]
    assert journey.call("setAssetTagsForAsset", **target, tag_ids=[]) == []
    assert [each["id"] for each in journey.call("listAssetTags")] == [tag["id"]]
    return str(tag["id"])


def collections(journey: Journey, asset: dict[str, Any]) -> str:
    """Use collection operations; return the id of a nested collection with the asset."""
    cover, target = asset["url"], {"vector_id": asset["vector_id"]}
    top = journey.call("createAssetCollection", name="top", cover_image_url=cover, icon="star", color="red")
    low = journey.call("createAssetCollection", name="low", parent_collection_id=top["id"])["id"]
    filters = {"and": [{"field": "type", "op": "eq", "value": "image"}]}
    smart = journey.call("createAssetCollection", name="smart", filters=filters)
    assert (smart["type"], smart["filters"], smart["asset_count"]) == ("smart", filters, None)
    assert journey.call("moveAssetCollection", low, parent_collection_id=None)["parent_collection_id"] is None
    journey.call("moveAssetCollection", low, parent_collection_id=top["id"])
    tree = journey.call("getAssetCollectionHierarchy", low)
    assert (tree["hierarchy"]["id"], tree["ancestors"][0]["id"]) == (low, top["id"])
    assert journey.call("addAssetToCollection", low, **target) is True
    assert journey.call("updateAssetCollection", low, description="a den")["asset_count"] == 1
    assert journey.call("favoriteAssetCollection", low)["is_favorited"] is True
    assert journey.call("getAssetCollection", low)["is_favorited"] is True
    assert journey.call("unfavoriteAssetCollection", low)["is_favorited"] is False
    assert {each["id"] for each in journey.call("listAssetCollections")} == {top["id"], low, smart["id"]}
    assert journey.call("listAssetCollectionAssets", smart["id"])["total_count"] == 1
    return str(low)


def characters(journey: Journey, asset: dict[str, Any]) -> str:
    shown = [asset["vector_id"]]
    mona = journey.call("createAssetCharacter", name="Mona", description="a bear", reference_images=shown)
    assert (mona["character_identifier"], mona["reference_images"]) == ("mona", [asset["url"]])
    id = str(mona["id"])
    assert journey.call("updateAssetCharacter", id, name="Mona the bear")["name"] == "Mona the bear"
    assert journey.call("favoriteAssetCharacter", id)["is_favorited"] is True
    assert journey.call("getAssetCharacter", id)["is_favorited"] is True
    assert journey.call("unfavoriteAssetCharacter", id)["is_favorited"] is False
    assert [each["id"] for each in journey.call("listAssetCharacters")] == [id]
    return id


def lineage(journey: Journey, made: dict[str, Any], source: dict[str, Any]) -> None:
    graph = journey.call("getAssetLineage", made["vector_id"], params={"depth": 1})
    kinds = sorted(node["kind"] for node in graph["nodes"])
    assert kinds == ["asset", "asset", "entity", "external_input", "request"]
    assert {node["url"] for node in graph["nodes"] if node["kind"] == "asset"} == {made["url"], source["url"]}
    assert sorted(edge["kind"] for edge in graph["edges"]) == [
        *("generated_by", "input_to", "input_to", "referenced_entity")
    ]


def browsing(journey: Journey, made: dict[str, Any], source: dict[str, Any], tag: str, folder: str) -> None:
    assert journey.call("favoriteAsset", request_id="r") is True
    assert journey.call("unfavoriteAsset", vector_id=source["vector_id"]) is False
    for params, found in (
        ({"section": "favorites"}, made),
        ({"section": "uploads"}, source),
        ({"collection_id": folder}, source),
        ({"tag_id": tag, "tag_mode": "all", "q": "bear"}, made),
        ({"q": "painting bear", "source": "response"}, made),
        ({"limit": "1"}, made),
    ):
        page = journey.call("listAssets", params=params)
        assert [each["vector_id"] for each in page["assets"]] == [found["vector_id"]], params
        assert all((each["similarity"] is None) >= ("q" not in params) for each in page["assets"])
    more = journey.call("listAssets", params={"limit": "1", "cursor": page["next_cursor"]})
    assert (page["has_more"], page["total_count"], more["assets"][0]["title"]) == (True, 2, source["title"])


def leaving(journey: Journey, made: dict[str, Any], tag: str, folder: str, mona: str) -> None:
    for id, *path in (("deleteAssetTag", tag), ("deleteAssetCollection", folder), ("deleteAssetCharacter", mona)):
        journey.call(id, *path)
    kept = journey.call("getAsset", made["vector_id"])
    assert (kept["tags"], kept["collection_ids"]) == ([], [])
    [top] = [each["id"] for each in journey.call("listAssetCollections") if each["name"] == "top"]
    journey.call("addAssetToCollection", top, request_id="r")
    journey.call("removeAssetFromCollection", top, request_id="r")
    graph = journey.call("getAssetLineage", made["vector_id"])
    [entity] = [node for node in graph["nodes"] if node["kind"] == "entity"]
    assert (entity["tombstone"], entity["name"], entity["handle"]) == (True, None, None)
