"""fal's smart collections: which assets a condition selects."""

from typing import Any

import httpx
import pytest

from tests.dialects.database import rows
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.browse.browsing import browse, ids, inside, put, refused
from tests.dialects.fal.browse.search_fixture import EmbeddedPhotos, film, photo
from tests.dialects.fal.collections_api.collection_endpoints import CREATE_COLLECTION, UPDATE_COLLECTION
from tests.dialects.fal.collections_api.creation import collection
from tests.dialects.fal.endpoints import auth
from tests.dialects.fal.registration import host

Tree = dict[str, Any]


def leaf(field: str, op: str, value: object) -> Tree:
    return {"field": field, "op": op, "value": value}


def smart(client: httpx.Client, account: Account, tree: Tree) -> str:
    return str(collection(client, account, filters=tree)["id"])


@pytest.fixture
def made(client: httpx.Client, fresh: Account, stored: StoredData) -> list[str]:
    """Five assets a microsecond apart, newest first."""
    columns: list[dict[str, Any]] = [
        {"source": "upload"},
        {"source": "response", "endpoint": "fal-ai/flux"},
        {"source": "response", "endpoint": "fal-ai/kling", "mime": "video/mp4"},
        {"source": "request", "endpoint": "fal-ai/kling", "is_favorite": True},
        {"source": "upload", "mime": "audio/mpeg"},
    ]
    return [put(stored, fresh, at, **each) for at, each in enumerate(columns)][::-1]


_AT = [rows.moment(n).isoformat() for n in range(5)]
_CASES: list[tuple[Tree, list[int]]] = [
    (leaf("source", "eq", "upload"), [0, 4]),
    (leaf("source", "neq", "upload"), [1, 2, 3]),
    (leaf("source", "in", ["request", "x"]), [3]),
    (leaf("type", "eq", "video"), [2]),
    (leaf("type", "neq", "image"), [2, 4]),
    (leaf("type", "in", ["audio", "3d", "video"]), [2, 4]),
    (leaf("type", "eq", "document"), []),
    (leaf("endpoint", "eq", "fal-ai/kling"), [2, 3]),
    (leaf("endpoint", "neq", "fal-ai/kling"), [0, 1, 4]),
    (leaf("endpoint", "in", ["fal-ai/kling", "fal-ai/flux"]), [1, 2, 3]),
    (leaf("endpoint", "eq", "' OR 1=1 --%s"), []),
    (leaf("status", "eq", "completed"), [0, 1, 2, 3, 4]),
    (leaf("status", "neq", "completed"), []),
    (leaf("status", "eq", "failed"), []),
    (leaf("status", "neq", "failed"), [0, 1, 2, 3, 4]),
    (leaf("status", "in", ["queued", "completed"]), [0, 1, 2, 3, 4]),
    (leaf("status", "in", ["queued"]), []),
    (leaf("created_at", "eq", _AT[2]), [2]),
    (leaf("created_at", "neq", _AT[2]), [0, 1, 3, 4]),
    (leaf("created_at", "in", [_AT[0], _AT[4]]), [0, 4]),
    (leaf("created_at", "gt", _AT[2]), [3, 4]),
    (leaf("created_at", "gte", _AT[2]), [2, 3, 4]),
    (leaf("created_at", "lt", _AT[2]), [0, 1]),
    (leaf("created_at", "lte", _AT[2]), [0, 1, 2]),
    (leaf("created_at", "lt", "0001-01-01"), []),
    (leaf("created_at", "gt", "0001-01-01T00:00:00+00:00"), [0, 1, 2, 3, 4]),
    (leaf("created_at", "gt", "2026-11-21T12:00:00+20:00"), [0, 1, 2, 3, 4]),
    (leaf("created_at", "lt", "9999-12-31T23:59:59.999999Z"), [0, 1, 2, 3, 4]),
    (leaf("created_at", "gt", 4e9), []),
    ({"and": [leaf("source", "eq", "response"), leaf("type", "eq", "video")]}, [2]),
    ({"or": [leaf("source", "eq", "request"), leaf("type", "eq", "audio")]}, [3, 4]),
    (
        {"and": [{"or": [leaf("type", "eq", "video"), leaf("source", "eq", "upload")]}, leaf("type", "neq", "audio")]},
        [0, 2],
    ),
]


@pytest.mark.parametrize(("tree", "expected"), _CASES, ids=str)
def test_each_condition_selects_its_assets(
    client: httpx.Client, fresh: Account, made: list[str], tree: Tree, expected: list[int]
) -> None:
    id = smart(client, fresh, tree)
    in_order = [made[4 - n] for n in sorted(expected, reverse=True)]
    assert ids(client, fresh, inside(id)) == ids(client, fresh, collection_id=id) == in_order
    page = browse(client, fresh, inside(id), limit="1")
    assert page["total_count"] == len(expected)
    assert page["scope_truncated"] is False


def test_smart_collection_combines_with_filters_and_search(
    client: httpx.Client, fresh: Account, made: list[str]
) -> None:
    id = smart(client, fresh, leaf("endpoint", "eq", "fal-ai/kling"))
    assert ids(client, fresh, inside(id), media_type="video") == [made[2]]
    assert ids(client, fresh, inside(id), section="favorites") == [made[1]]
    assert ids(client, fresh, inside(id), section="uploads") == []
    assert set(ids(client, fresh, inside(id), q="word")) == {made[1], made[2]}


def test_smart_collection_follows_its_current_filters(
    client: httpx.Client, fresh: Account, stored: StoredData, made: list[str]
) -> None:
    id = smart(client, fresh, leaf("type", "eq", "audio"))
    new = put(stored, fresh, 5, mime="audio/mpeg")
    assert ids(client, fresh, inside(id)) == [new, made[0]]
    path = f"/v1/assets/collections/{id}"
    response = UPDATE_COLLECTION.send(client, fresh.key, path=path, json={"filters": leaf("type", "eq", "video")})
    assert response.status_code == 200
    assert ids(client, fresh, inside(id)) == [made[2]]


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"and": [leaf("source", "eq", "upload"), leaf("source", "like", "x")]}, "filters.and[1].op: "),
        ({"or": []}, "filters.or: "),
        (leaf("created_at", "gt", "yesterday"), "filters.value: "),
        ({"semantic": {"text": "a cat"}}, "filters.semantic.min_similarity: "),
        ([], "filters: "),
        ("x", "filters: "),
        (leaf("source", "eq", "a\0b"), "filters.value: Text may not contain"),
    ],
    ids=str,
)
def test_invalid_filter_tree_is_refused(
    client: httpx.Client, fresh: Account, stored: StoredData, tree: object, said: str
) -> None:
    id = smart(client, fresh, leaf("type", "eq", "video"))
    before = stored.count(fresh)
    path = f"/v1/assets/collections/{id}"
    for response in (
        CREATE_COLLECTION.send(client, fresh.key, json={"name": "a", "filters": tree}),
        UPDATE_COLLECTION.send(client, fresh.key, path=path, json={"filters": tree}),
    ):
        assert response.status_code == 422, response.text
        CREATE_COLLECTION.check_error(response, "validation_error")
        assert response.json()["error"]["message"].startswith(said)
    assert stored.count(fresh) == before
    assert ids(client, fresh, inside(id)) == []


class TestSemanticConditions:
    @staticmethod
    def names(photos: EmbeddedPhotos, tree: Tree, **query: Any) -> list[str]:
        id = smart(photos.client, photos.account, tree)
        return photos.names(ids(photos.client, photos.account, inside(id), **query))

    def test_text_condition_selects_similar_assets(self, photos: EmbeddedPhotos) -> None:
        cat = {"semantic": {"text": "a cat", "min_similarity": 0.35}}
        assert self.names(photos, cat) == ["film", "chelsea.png"]
        assert self.names(photos, {"semantic": {"text": "a cat", "min_similarity": 1}}) == []
        assert set(self.names(photos, {"semantic": {"text": "a cat", "min_similarity": 0}})) >= {"film", "chelsea.png"}
        assert self.names(photos, {"and": [cat, leaf("type", "eq", "image")]}) == ["chelsea.png"]
        coffee = {"semantic": {"text": "a cup of coffee", "min_similarity": 0.35}}
        assert set(self.names(photos, {"or": [cat, coffee]})) == {"film", "chelsea.png", "coffee.png"}
        assert self.names(photos, {"and": [cat, coffee]}) == []
        assert self.names(photos, cat, media_type="video") == ["film"]
        assert set(self.names(photos, {"or": [cat, coffee]}, q="coffee")) == {"film", "chelsea.png", "coffee.png"}
        assert self.names(photos, {"or": [cat, coffee]}, q="coffee")[0] == "coffee.png"

    def test_image_and_video_conditions_select_similar_assets(self, photos: EmbeddedPhotos) -> None:
        for example in (
            {"image_url": photos.assets["chelsea.png"]["url"]},
            {"video_url": photos.assets["film"]["url"]},
        ):
            assert self.names(photos, {"semantic": {**example, "min_similarity": 0.7}}) == ["film", "chelsea.png"]

    def test_missing_example_is_not_found(self, photos: EmbeddedPhotos) -> None:
        gone = photos.take(photos.account, photo("coffee.png"))
        tree = {"semantic": {"image_url": gone["url"], "min_similarity": 0.9}}
        either = {"or": [tree, {"semantic": {"text": "a cat", "min_similarity": 0.35}}]}
        photos.wait(photos.account)
        id = smart(photos.client, photos.account, tree)
        assert set(ids(photos.client, photos.account, inside(id))) == {gone["vector_id"], photos.id("coffee.png")}
        photos.client.delete(f"/v1/assets/{gone['vector_id']}", headers=auth(photos.account.key))
        assert ids(photos.client, photos.account, inside(id)) == []
        assert self.names(photos, either) == ["film", "chelsea.png"]
        other = photos.new_account()
        theirs = smart(
            photos.client, other, {"semantic": {"image_url": photos.assets["coffee.png"]["url"], "min_similarity": 0}}
        )
        photos.take(other, photo("coffee.png"))
        photos.wait(other)
        assert ids(photos.client, other, inside(theirs)) == []

    def test_example_of_wrong_kind_is_refused(self, photos: EmbeddedPhotos) -> None:
        video = host(photos.client, photos.account, film("coffee.png"), "video/mp4")
        id = smart(photos.client, photos.account, {"semantic": {"image_url": video, "min_similarity": 0}})
        assert "not image" in refused(photos.client, photos.account, 422, inside(id))
