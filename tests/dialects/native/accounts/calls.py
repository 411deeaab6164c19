"""Calls of the operations on keys and workspaces."""

from typing import Any

import httpx

from tests.dialects.native.endpoints import auth, check_error


def call(client: httpx.Client, key: str, method: str, path: str, **request: Any) -> httpx.Response:
    """Send a request with the key; a refusal is a problem document."""
    response = client.request(method, path, headers={**auth(key), **request.pop("headers", {})}, **request)
    if not response.is_success:
        check_error(response)
    return response


def new_key(client: httpx.Client, key: str, *scopes: str, **more: Any) -> dict[str, Any]:
    """Create a key, and return the answer."""
    response = call(client, key, "POST", "/api/keys", json={"name": "robot", "scopes": [*scopes], **more})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def can_list(client: httpx.Client, key: str) -> int:
    """Return the status of a list of assets."""
    return client.get("/api/assets", headers=auth(key)).status_code
