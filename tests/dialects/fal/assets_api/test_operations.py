"""All 33 operations exist, and their answers and errors are as documented."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar.routes import HTTPRoute

from mediatheque.dialects.fal import DIALECT
from tests.contracts.dialect import Suite
from tests.dialects.database.snapshot import Account
from tests.dialects.fal.assets_api.operations import OPERATIONS, Operation
from tests.dialects.fal.assets_api.schemas import ERROR, fits
from tests.dialects.fal.endpoints import auth
from tests.dialects.idempotency import new_key

EXTENSIONS = {"DELETE /assets/{}"}  # fal had it until May 2026
MUTATIONS = [operation for operation in OPERATIONS if not operation.reads]
NOBODY = str(uuid4())
UNKNOWN: dict[str, dict[str, Any]] = {
    "listAssets": {"params": {"collection_id": NOBODY}},
    "favoriteAsset": {"json": {"vector_id": NOBODY}},
    "unfavoriteAsset": {"json": {"request_id": "nothing"}},
    "setAssetTagsForAsset": {"json": {"vector_id": NOBODY, "tag_ids": []}},
    "createAssetCollection": {"json": {"name": "a", "parent_collection_id": NOBODY}},
    "createAssetCharacter": {"json": {"name": "a", "description": "b", "reference_images": [NOBODY]}},
}
"""Requests for unknown objects, for operations without an id in the path. "uploadAsset" needs the server's address."""
_LISTS = {"listAssetTags", "listAssetTagsForAsset", "listAssetCollections", "listAssetCharacters"}
NEVER_UNKNOWN = _LISTS | {"createAssetTag", "uploadAsset"}
INVALID: dict[str, dict[str, Any]] = {
    "listAssets": {"params": {"q": "a", "search_image_url": "b"}},
    "listAssetCollectionAssets": {"params": {"media_type": "text"}},
    "getAssetLineage": {"params": {"depth": "6"}},
    "listAssetCollections": {"params": {"limit": "101"}},
    "listAssetCharacters": {"params": {"offset": "-1"}},
    **{operation.id: {"headers": {"Idempotency-Key": "x" * 256}} for operation in MUTATIONS},
}
_SETS = ("AssetCollection", "AssetCharacter")
EMPTY = {"deleteAssetTag"} | {f"{verb}{noun}" for verb in ("delete", "favorite", "unfavorite") for noun in _SETS}
WITH_BODIES = [operation for operation in MUTATIONS if operation.id not in EMPTY]
CHANGED = {"name": "another", "icon": "moon", "vector_id": NOBODY, "parent_collection_id": NOBODY, "type": "video"}


def named(operation: Operation) -> str:
    return operation.id


def refused(answer: httpx.Response, status: int, type: str) -> None:  # noqa: A002 - the vendor's own word
    assert (answer.status_code, fits(answer, ERROR)["error"]["type"]) == (status, type), answer.text


def test_operations_match_the_documentation() -> None:
    there = {
        f"{method} {re.sub('{[^}]*}', '{}', route.path.removeprefix('/v1'))}"
        for route in DIALECT.routers[0].routes
        if isinstance(route, HTTPRoute)
        for method in route.methods - {"OPTIONS"}
    }
    documented = {f"{each.method} {re.sub('{[^}]*}', '{}', each.path)}" for each in OPERATIONS}
    assert len(documented) == len(OPERATIONS) == 33
    assert there == documented | EXTENSIONS


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
class TestAnswers(Suite):
    def test_operation_answers_as_documented(self, operation: Operation) -> None:
        answer = operation.send(self, **operation.endpoint.valid(self))
        assert answer.status_code == operation.success, answer.text
        assert answer.request.method == operation.method
        assert re.fullmatch(f"/v1{re.sub('{[^}]*}', '[^/]+', operation.path)}", answer.request.url.path)
        fits(answer, operation.schema)

    def test_missing_key_is_refused(self, operation: Operation) -> None:
        refused(operation.send(self, "", **operation.endpoint.valid(self)), 401, "authorization_error")

    def test_key_without_scope_is_refused(self, operation: Operation, reader: Account, writer: Account) -> None:
        other = writer if operation.reads else reader
        refused(operation.send(self, other.key, **operation.endpoint.valid(self)), 403, "authorization_error")


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.id not in NEVER_UNKNOWN], ids=named)
class TestUnknown(Suite):
    def test_unknown_object_is_not_found(self, operation: Operation) -> None:
        body = operation.endpoint.valid(self).get("json")
        request = UNKNOWN.get(operation.id, {} if body is None else {"json": body})
        refused(operation.send(self, **request), 404, "not_found")


class TestUnknownFile(Suite):
    def test_url_of_missing_file_is_not_found(self) -> None:
        body = {"url": f"{self.server.url}/files/b/{uuid4().hex}/a.png", "type": "image"}
        answer = self.client.post("/v1/assets/uploads", json=body, headers=auth(self.account.key))
        refused(answer, 404, "not_found")


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.id in INVALID], ids=named)
class TestInvalidValues(Suite):
    def test_invalid_value_is_refused(self, operation: Operation) -> None:
        request = operation.endpoint.valid(self) | INVALID[operation.id]
        refused(operation.send(self, **request), 422, "validation_error")


@pytest.mark.parametrize("operation", WITH_BODIES, ids=named)
class TestBodies(Suite):
    def test_malformed_json_is_refused(self, operation: Operation) -> None:
        request = operation.endpoint.valid(self)
        del request["json"]
        refused(operation.send(self, **request, content=b"{"), 400, "validation_error")

    def test_different_body_under_same_key_is_a_conflict(self, operation: Operation) -> None:
        request = operation.endpoint.valid(self) | {"headers": {"Idempotency-Key": new_key()}}
        first = operation.send(self, **request)
        field = next(name for name in CHANGED if name in request["json"])
        other = operation.send(self, **request | {"json": request["json"] | {field: CHANGED[field]}})
        refused(other, 409, "validation_error")
        assert operation.send(self, **request).content == first.content


@pytest.mark.parametrize("operation", MUTATIONS, ids=named)
class TestIdempotency(Suite):
    def test_replay_is_byte_identical(self, operation: Operation) -> None:
        request = operation.endpoint.valid(self) | {"headers": {"Idempotency-Key": new_key()}}
        first, again = operation.send(self, **request), operation.send(self, **request)
        assert first.status_code == again.status_code == operation.success
        assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.reads], ids=named)
class TestReads(Suite):
    def test_reads_ignore_idempotency_key(self, operation: Operation) -> None:
        request = operation.endpoint.valid(self)
        plain = operation.send(self, **request)
        for key in ("a", "a", "not a key"):
            answer = operation.send(self, **request, headers={"Idempotency-Key": key})
            assert (answer.status_code, answer.content) == (200, plain.content)
            assert "idempotent-replayed" not in answer.headers


def test_rate_limited_request_is_refused(strict_client: httpx.Client, limited: Account) -> None:
    """The limit applies before ids are looked up, so nothing needs to exist."""
    for _ in range(5):
        strict_client.get("/v1/assets/tags", headers=auth(limited.key))
    for operation in OPERATIONS:
        answer = operation.endpoint.send(strict_client, limited.key)
        refused(answer, 429, "rate_limited")
        assert int(answer.headers["retry-after"]) > 0
