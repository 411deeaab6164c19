"""The vendors' own OpenAPI documents, as the measure of bodies."""

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


def fits(operation: str, answer: httpx.Response) -> Any:
    """The body, which is what the operation's document says for that status."""
    assert answer.headers["content-type"].partition(";")[0] == "application/json", answer.text
    spec = _SPECS[operation]
    assert spec.schema(answer.status_code), f"{operation} documents no {answer.status_code}"
    spec.check(answer)
    return answer.json()
