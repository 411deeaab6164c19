"""Collections, characters and images, created through fal's API."""

from typing import Any
from uuid import UUID

import httpx

from tests import samples
from tests.contracts.dialect import Endpoint
from tests.dialects.database.snapshot import Account, StoredData
from tests.dialects.fal.collections_api.collection_endpoints import ADD, CREATE_CHARACTER, CREATE_COLLECTION, REMOVE
from tests.dialects.fal.registration import host, register


def collection(client: httpx.Client, account: Account, name: str = "a", **more: Any) -> dict[str, Any]:
    response = CREATE_COLLECTION.send(client, account.key, json={"name": name, **more})
    assert response.status_code == 201, response.text
    return dict(response.json()["collection"])


def character(
    client: httpx.Client, account: Account, images: list[str], name: str = "a", **more: Any
) -> dict[str, Any]:
    body = {"name": name, "description": "somebody", "reference_images": images, **more}
    response = CREATE_CHARACTER.send(client, account.key, json=body)
    assert response.status_code == 201, response.text
    return dict(response.json()["character"])


def image(client: httpx.Client, account: Account, seed: int = 0) -> dict[str, Any]:
    """Register an image and return the asset."""
    url = host(client, account, samples.png(seed=seed), "image/png")
    return dict(register(client, account, url).json()["asset"])


def at(client: httpx.Client, account: Account, endpoint: Endpoint, id: str, **request: Any) -> httpx.Response:
    """Call the operation on the collection or character."""
    return endpoint.send(client, account.key, path=endpoint.path.replace("0" * 32, id), **request)


def done(response: httpx.Response) -> dict[str, Any]:
    """Return the object in the answer."""
    assert response.status_code == 200, response.text
    [(_, shown)] = response.json().items()
    return dict(shown)


def add(client: httpx.Client, account: Account, id: str, **target: str) -> httpx.Response:
    return at(client, account, ADD, id, json=target)


def remove(client: httpx.Client, account: Account, id: str, **target: str) -> httpx.Response:
    return at(client, account, REMOVE, id, json=target)


def members(stored: StoredData, id: str) -> list[UUID]:
    query = "SELECT asset_id FROM collection_asset WHERE collection_id = %s ORDER BY added_at, asset_id"
    return [row[0] for row in stored.database.execute(query, [id]).fetchall()]


def expire(stored: StoredData, asset: dict[str, Any]) -> None:
    """Expire the asset's file; garbage collection has not run yet."""
    query = "UPDATE file SET expires_at = now() WHERE id = (SELECT file_id FROM asset WHERE id = %s)"
    stored.database.execute(query, [asset["vector_id"]])
