"""Operations of direct uploads as data, and the steps of a client."""

import hashlib
from typing import Any
from uuid import uuid4

import httpx

from mediatheque.model import Scope
from tests import samples
from tests.contracts.dialect import Endpoint, Suite
from tests.dialects.database.snapshot import Account
from tests.dialects.heygen_v3.endpoints import REFUSALS, auth, check_error

Json = dict[str, Any]
SLOT = ["asset_id", "upload_url", "upload_headers", "expires_in_seconds", "max_bytes", "status"]
ASSET = ["asset_id", "url", "mime_type", "size_bytes", "status"]


def declaration(data: bytes, content_type: str = "image/png", filename: str = "a.png", **more: Any) -> Json:
    return {"filename": filename, "content_type": content_type, "size_bytes": len(data), **more}


def presign(client: httpx.Client, account: Account, data: bytes, content_type: str = "image/png", **more: Any) -> Json:
    """Presign one upload and return its target."""
    response = PRESIGN.send(client, account.key, json=declaration(data, content_type, **more))
    assert response.status_code == 200, response.text
    slot: Json = response.json()["data"]
    return slot


def presign_batch(client: httpx.Client, account: Account, *files: Json, **more: Any) -> Json:
    """Presign a batch and return its targets."""
    response = PRESIGN_BATCH.send(client, account.key, json={"files": files, **more})
    assert response.status_code == 200, response.text
    batch: Json = response.json()["data"]
    return batch


def put(client: httpx.Client, slot: Json, data: bytes, **headers: str) -> httpx.Response:
    """PUT the bytes with the headers of the target and no API key."""
    return client.put(slot["upload_url"], content=data, headers={**slot["upload_headers"], **headers})


def complete(client: httpx.Client, account: Account, slot: Json, **body: Any) -> httpx.Response:
    return COMPLETE.send(client, account.key, path=f"/v3/assets/{slot['asset_id']}/complete", json=body)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def check_param_error(response: httpx.Response, param: str | None = None) -> None:
    """Check the error body and the field that it names."""
    error = response.json()["error"]
    assert list(response.json()) == ["error"]
    assert (error["code"], error.get("param")) == ("invalid_parameter", param)
    assert error["message"].strip()


def _completion(suite: Suite) -> Json:
    slot = presign(suite.client, suite.account, samples.png())
    put(suite.client, slot, samples.png())
    suite.before = suite.stored.count(suite.account)
    return {"path": f"/v3/assets/{slot['asset_id']}/complete", "json": {}}


def _batch(suite: Suite) -> str:
    id = presign_batch(suite.client, suite.account, declaration(samples.png()))["batch_id"]
    suite.before = suite.stored.count(suite.account)
    return str(id)


_COMMON: dict[str, Any] = {"auth": auth, "refusals": REFUSALS, "check_error": check_error}
_READS: dict[str, Any] = {**_COMMON, "method": "GET", "scope": Scope.READ, "wrong_method": "PATCH"}

PRESIGN = Endpoint(
    name="heygen-v3-presign",
    path="/v3/assets/direct-uploads",
    valid=lambda _: {"json": declaration(samples.png())},
    **_COMMON,
)
COMPLETE = Endpoint(
    name="heygen-v3-complete",
    path=f"/v3/assets/{uuid4().hex}/complete",
    valid=_completion,
    wrong_method="PUT",
    **_COMMON,
)
PRESIGN_BATCH = Endpoint(
    name="heygen-v3-presign-batch",
    path="/v3/assets/direct-uploads/batches",
    valid=lambda _: {"json": {"files": [declaration(samples.png())] * 2}},
    **_COMMON,
)
COMPLETE_BATCH = Endpoint(
    name="heygen-v3-complete-batch",
    path="/v3/assets/complete/batches",
    valid=lambda suite: {"json": {"batch_id": _batch(suite)}},
    success=202,
    **_COMMON,
)
PROGRESS = Endpoint(
    name="heygen-v3-progress",
    path=f"/v3/assets/batches/{uuid4().hex}",
    valid=lambda suite: {"path": f"/v3/assets/batches/{_batch(suite)}"},
    **_READS,
)
STATUSES = Endpoint(
    name="heygen-v3-statuses",
    path="/v3/assets/statuses",
    valid=lambda _: {"params": {"asset_ids": uuid4().hex}},
    **_READS,
)
