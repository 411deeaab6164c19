"""Requests to fal's asset lists, and assertions about pages."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx

from mediatheque.model import Scope
from tests.contracts.dialect import Endpoint, Suite
from tests.dialects.database import rows
from tests.dialects.database.rows import Row
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.collections_api.collection_endpoints import COLLECTIONS, CREATE_COLLECTION
from tests.dialects.fal.endpoints import PLATFORM, auth, check_platform_error

ASSETS = "/v1/assets"
PAGE = {"assets", "next_cursor", "has_more", "total_count", "scope_truncated"}
ASSET: dict[str, tuple[type, ...]] = {
    "vector_id": (str,),
    "request_id": (str, type(None)),
    "url": (str, type(None)),
    "type": (str,),
    "title": (str,),
    "endpoint": (str, type(None)),
    "created_at": (str, type(None)),
    "source": (str, type(None)),
    "prompt": (str, type(None)),
    "width": (int, float, type(None)),
    "height": (int, float, type(None)),
    "content_type": (str, type(None)),
    "is_favorited": (bool,),
    "collection_ids": (list,),
    "tags": (list,),
    "similarity": (int, float, type(None)),
}
_COMMON: dict[str, Any] = {
    "method": "GET",
    "scope": Scope.READ,
    "auth": auth,
    "refusals": PLATFORM,
    "check_error": check_platform_error,
}


def _in_new_collection(suite: Suite) -> dict[str, Any]:
    body = {"name": "a word"}
    id = CREATE_COLLECTION.send(suite.client, suite.account.key, json=body).json()["collection"]["id"]
    suite.before = suite.stored.count(suite.account)
    return {"path": f"{COLLECTIONS}/{id}/assets"}


LIST = Endpoint(name="fal-list-assets", path=ASSETS, valid=lambda _: {}, **_COMMON)
LIST_IN = Endpoint(
    name="fal-list-collection-assets",
    path=f"{COLLECTIONS}/{'0' * 32}/assets",
    valid=_in_new_collection,
    wrong_method="PUT",
    **_COMMON,
)


def inside(id: str) -> str:
    """Return the path of a collection's asset list."""
    return f"{COLLECTIONS}/{id}/assets"


def browse(client: httpx.Client, account: Account, path: str = ASSETS, **query: Any) -> dict[str, Any]:
    """Request a page and check that it has all documented keys."""
    response = LIST.send(client, account.key, path=path, params=query)
    assert response.status_code == 200, response.text
    page = dict(json.loads(response.text))
    assert set(page) == PAGE
    assert page["has_more"] is (page["next_cursor"] is not None)
    assert isinstance(page["scope_truncated"], bool)
    for asset in page["assets"]:
        assert list(asset) == list(ASSET)
        assert {name for name, types in ASSET.items() if type(asset[name]) not in types} == set()
        assert asset["type"] in ("image", "video", "audio", "3d")
    return page


def ids(client: httpx.Client, account: Account, path: str = ASSETS, **query: Any) -> list[str]:
    """Return the ids on the only page; check the total unless it is a search."""
    page = browse(client, account, path, **query)
    assert page["next_cursor"] is None
    found = [asset["vector_id"] for asset in page["assets"]]
    assert page["total_count"] in (None, len(found))
    return found


def refused(client: httpx.Client, account: Account, status: int, path: str = ASSETS, **query: Any) -> str:
    """Check the refusal and return its message."""
    response = LIST.send(client, account.key, path=path, params=query)
    assert response.status_code == status, response.text
    check_platform_error(response, {404: "not_found", 422: "validation_error"}[status])
    return str(response.json()["error"]["message"])


def put(stored: StoredData, account: Account, at: int = 0, mime: str = "image/png", **columns: Any) -> str:
    """Insert an asset without bytes and return its id; `columns` are of its row."""
    id: UUID = uuid4()
    rows.put_assets(stored, account, [Row(at, id)], mime=mime)
    for name, value in columns.items():
        query = f"UPDATE asset SET {name} = %s WHERE id = %s"
        stored.database.execute(query, [value, id])  # type: ignore[arg-type] # our own words
        if name == "kind":
            stored.database.execute("UPDATE blob SET kind = %s WHERE id = %s", [value, id])
    return str(id)
