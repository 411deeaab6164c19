"""Checks of response bodies against the vendors' own OpenAPI documents."""

from typing import Any

import httpx

from tests.dialects.wire.openapi import Spec

_SPECS = {
    "krea-upload-asset": Spec("krea-upload-asset.openapi.json", "/assets"),
    "krea-get-asset": Spec("krea-get-asset.openapi.json", "/assets/{id}", "get"),
    "heygen-v1-upload-asset": Spec("heygen-v1-upload-asset.openapi.json", "/v1/asset"),
    "heygen-v3-upload-asset": Spec("heygen-v3-upload-asset.openapi.json", "/v3/assets"),
    "fal-upload-asset": Spec("fal-upload-asset.openapi.json", "/assets/uploads"),
}


def check_openapi(operation: str, response: httpx.Response) -> Any:
    """Assert that the body matches the operation's schema for its status; return the body."""
    assert response.headers["content-type"].partition(";")[0] == "application/json", response.text
    spec = _SPECS[operation]
    assert spec.schema(response.status_code), f"{operation} documents no {response.status_code}"
    spec.check(response)
    return response.json()
