"""The shape of each dialect's error for a service that is unavailable."""

from collections.abc import Callable
from typing import Any

import httpx

Shape = Callable[[Any], bool]

_KREA: Shape = lambda body: isinstance(body["error"], str) and set(body) <= {"error", "message"}  # noqa: E731
_FAL: Shape = lambda body: body["error"]["type"] == "server_error" and body["error"]["message"]  # noqa: E731
_STORAGE: Shape = lambda body: isinstance(body["detail"], str) and set(body) == {"detail"}  # noqa: E731
_V1: Shape = lambda body: body["code"] in (503, 507) and body["data"] is None and body["message"]  # noqa: E731
_V3: Shape = lambda body: body["error"]["code"] == "internal_error" and body["error"]["message"]  # noqa: E731
_NATIVE: Shape = lambda body: body["status"] in (503, 507) and body["title"] and body["detail"]  # noqa: E731

_SHAPES: dict[str, Shape] = {
    "/assets": _KREA,
    "/v1/assets": _FAL,
    "/storage": _STORAGE,
    "/files/upload": _STORAGE,
    "/v1/asset": _V1,
    "/v3": _V3,
    "/files/b": _NATIVE,
    "/readyz": _NATIVE,
}


def is_unavailable(response: httpx.Response, *statuses: int) -> bool:
    """Whether it is a 503 with Retry-After (or one of the statuses) in the shape of the path's dialect."""
    if response.status_code not in (statuses or (503,)):
        return False
    if response.status_code == 503 and response.headers.get("retry-after") != "1":
        return False
    path = response.request.url.path
    prefix = max((prefix for prefix in _SHAPES if path == prefix or path.startswith(prefix + "/")), key=len)
    return bool(_SHAPES[prefix](response.json()))
