"""Assets with provenance, and their lineage graphs."""

from typing import Any

import httpx

from mediatheque.model import Scope
from tests import samples
from tests.contracts.dialect import Endpoint, Suite
from tests.dialects.database.snapshot import Account
from tests.dialects.fal import endpoints
from tests.dialects.fal.endpoints import PLATFORM, auth, check_platform_error
from tests.dialects.fal.registration import host, register


def _asset(suite: Suite) -> dict[str, Any]:
    """Create an asset and return the path of its lineage."""
    return {"path": f"{endpoints.asset(suite)['path']}/lineage"}


LINEAGE = Endpoint(
    name="fal-lineage",
    method="GET",
    path=f"/v1/assets/{'0' * 32}/lineage",
    auth=auth,
    refusals=PLATFORM,
    check_error=check_platform_error,
    valid=_asset,
    scope=Scope.READ,
)


def register_new(client: httpx.Client, account: Account, mime: str = "image/png", **said: Any) -> dict[str, Any]:
    """Register a new asset with the given fields."""
    types = {"image/png": "image", "video/mp4": "video", "audio/mpeg": "audio", "model/gltf-binary": "3d"}
    url = host(client, account, samples.ACCEPTED[mime](), mime)
    response = register(client, account, url, types[mime], **said)
    assert response.status_code == 201, response.text
    asset: dict[str, Any] = response.json()["asset"]
    return asset


def lineage(client: httpx.Client, account: Account, id: str, **query: Any) -> dict[str, Any]:
    response = LINEAGE.send(client, account.key, path=f"/v1/assets/{id}/lineage", params=query)
    assert response.status_code == 200, response.text
    graph: dict[str, Any] = response.json()["lineage"]
    return graph


def of_kind(graph: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [node for node in graph["nodes"] if node["kind"] == kind]
