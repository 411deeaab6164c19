"""POST /v1/assets/uploads: register a URL as an asset."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from mediatheque.library.catalog.tags import Tags
from mediatheque.library.collections.collections import Collections
from mediatheque.records.database import Database
from tests import samples
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.endpoints import REGISTER, auth
from tests.dialects.fal.registration import host, register
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form

KEYS = [
    *("vector_id", "request_id", "url", "type", "title", "endpoint", "created_at", "source", "prompt", "width"),
    *("height", "content_type", "is_favorited", "collection_ids", "tags", "similarity"),
]
TYPES = {"image/png": "image", "video/mp4": "video", "audio/mpeg": "audio", "model/gltf-binary": "3d"}
# The type of each sample in fal's words.
WAYS_TO_UPLOAD = ["fal", "krea", "heygen_v1", "heygen_v3", "initiated"]


@pytest.mark.parametrize("mime", TYPES)
def test_register_answers_all_sixteen_keys(client: httpx.Client, account: Account, mime: str) -> None:
    url = host(client, account, samples.ACCEPTED[mime](), mime)
    response = register(client, account, url, TYPES[mime])
    assert response.status_code == 201
    assert REGISTER.spec
    REGISTER.spec.check(response)
    asset = response.json()["asset"]
    assert list(response.json()) == ["asset"]
    assert list(asset) == KEYS
    created = datetime.fromisoformat(asset.pop("created_at"))
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)
    vector_id = asset.pop("vector_id")
    assert str(UUID(vector_id)) == vector_id
    seen = mime.startswith(("image", "video"))
    assert asset == {
        "request_id": None,
        "url": url,
        "type": TYPES[mime],
        "title": "my file",
        "endpoint": None,
        "source": "upload",
        "prompt": None,
        "width": 64 if seen else None,
        "height": 48 if seen else None,
        "content_type": mime,
        "is_favorited": False,
        "collection_ids": [],
        "tags": [],
        "similarity": None,
    }


def test_all_fields_are_stored(
    client: httpx.Client, account: Account, url: str, tags: list[dict[str, str]], collection: str
) -> None:
    ids = [tag["id"] for tag in tags]
    more = {"prompt": "Ein 熊 🐻", "favorite": True, "collection_id": collection, "tag_ids": ids[::-1]}
    response = register(client, account, url, **more)
    assert response.status_code == 201, response.text
    asset = response.json()["asset"]
    assert (asset["prompt"], asset["is_favorited"], asset["collection_ids"]) == ("Ein 熊 🐻", True, [collection])
    assert [{"id": tag["id"], "name": tag["name"]} for tag in asset["tags"]] == tags
    assert all(datetime.fromisoformat(tag["created_at"]).tzinfo for tag in asset["tags"])
    assert REGISTER.spec
    REGISTER.spec.check(response)


@pytest.fixture
async def tags(database: Database, account: Account) -> list[dict[str, str]]:
    """Two tags, in the order of their names."""
    suffix = uuid4().hex[:12]
    made = [await Tags(database).create(account.workspace_id, f"{word} {suffix}") for word in ("alpha", "beta")]
    return [{"id": str(tag.id), "name": tag.name} for tag in made]


@pytest.fixture
async def collection(database: Database, account: Account) -> str:
    return str((await Collections(database).create(account.workspace_id, "Holidays")).id)


@pytest.fixture
async def theirs(database: Database, reader: Account) -> dict[str, Any]:
    """A tag and a collection of another workspace."""
    tag = await Tags(database).create(reader.workspace_id, uuid4().hex)
    collection = await Collections(database).create(reader.workspace_id, "Theirs")
    return {"tag_ids": [str(tag.id)], "collection_id": str(collection.id)}


@pytest.mark.parametrize("field", ["tag_ids", "collection_id"])
def test_foreign_and_unknown_ids_look_alike(
    client: httpx.Client, account: Account, stored: StoredData, url: str, theirs: dict[str, Any], field: str
) -> None:
    before = stored.count(account)
    unknown = str(uuid4())
    asked = {"unknown": unknown, "theirs": theirs[field], "no uuid": "d8b6elcregj72v34jr8g", "odd": "x" * 5000}
    for what, id in asked.items():
        given = id if field == "collection_id" or isinstance(id, list) else [id]
        response = register(client, account, url, **{field: given})
        assert response.status_code == 404, what
        REGISTER.check_error(response, "not_found")
        assert {"tag_ids": "Tag", "collection_id": "Collection"}[field] in response.json()["error"]["message"]
    stored.expect_counts(account, before)


def test_unknown_tag_stores_nothing(
    client: httpx.Client, account: Account, stored: StoredData, url: str, tags: list[dict[str, str]]
) -> None:
    before = stored.count(account)
    assert register(client, account, url, tag_ids=[tags[0]["id"], str(uuid4())]).status_code == 404
    stored.expect_counts(account, before)


def test_registering_again_adds_to_the_asset(
    client: httpx.Client, account: Account, stored: StoredData, url: str, tags: list[dict[str, str]], collection: str
) -> None:
    first = register(client, account, url).json()["asset"]
    before = stored.count(account)
    again = register(client, account, url)
    assert (again.status_code, again.json()["asset"]) == (201, first)
    ids = [tag["id"] for tag in tags]
    richer = register(client, account, url, prompt="late", favorite=True, tag_ids=ids, collection_id=collection)
    assert richer.status_code == 201
    changed = {"prompt": "late", "title": "late", "is_favorited": True, "collection_ids": [collection]}
    assert {**richer.json()["asset"], "tags": []} == {**first, **changed}
    assert [tag["id"] for tag in richer.json()["asset"]["tags"]] == ids
    kept = register(client, account, url, prompt="later still").json()["asset"]
    assert kept == richer.json()["asset"]
    stored.expect_counts(account, before)


def test_duplicate_tag_ids_are_assigned_once(
    client: httpx.Client, account: Account, url: str, tags: list[dict[str, str]]
) -> None:
    asset = register(client, account, url, tag_ids=[tags[0]["id"]] * 3).json()["asset"]
    assert [tag["id"] for tag in asset["tags"]] == [tags[0]["id"]]


@pytest.mark.parametrize("endpoint", WAYS_TO_UPLOAD)
def test_upload_of_each_dialect_can_be_registered(client: httpx.Client, account: Account, endpoint: str) -> None:
    data = samples.png(seed=40)
    url = {
        "fal": lambda: host(client, account, data, "image/png"),
        "krea": lambda: client.post("/assets", files={"file": data}, headers=auth(account.key)).json()["image_url"],
        "heygen_v1": lambda: client.post(
            "/v1/asset", content=data, headers={"X-API-KEY": account.key, "Content-Type": "image/png"}
        ).json()["data"]["url"],
        "heygen_v3": lambda: client.post(
            "/v3/assets",
            content=form(file_part(data)),
            headers={"x-api-key": account.key, "Content-Type": CONTENT_TYPE},
        ).json()["data"]["url"],
        "initiated": lambda: initiated(client, account, data),
    }[endpoint]()
    response = register(client, account, url)
    assert response.status_code == 201, response.text
    assert response.json()["asset"]["url"] == url
    assert client.get(url).content == data


def initiated(client: httpx.Client, account: Account, data: bytes) -> str:
    promise = client.post("/storage/upload/initiate", json={"file_name": "a.png"}, headers=auth(account.key)).json()
    assert client.put(promise["upload_url"], content=data).status_code == 200
    return str(promise["file_url"])


def test_registering_asset_of_other_dialect_keeps_its_id(client: httpx.Client, account: Account) -> None:
    krea = client.post("/assets", files={"file": samples.png()}, headers=auth(account.key)).json()
    assert register(client, account, krea["image_url"]).json()["asset"]["vector_id"] == krea["id"]


@pytest.mark.parametrize("type", ["image", "video", "audio", "3d"])
@pytest.mark.parametrize("mime", [*TYPES, "application/pdf"])
def test_declared_type_must_match_content(
    client: httpx.Client,
    account: Account,
    stored: StoredData,
    mime: str,
    type: str,  # noqa: A002
) -> None:
    url = host(client, account, samples.ACCEPTED[mime](), mime)
    if TYPES.get(mime) == type:
        return
    before = stored.count(account)
    response = register(client, account, url, type)
    assert response.status_code == 422
    REGISTER.check_error(response, "validation_error")
    stored.expect_counts(account, before)
