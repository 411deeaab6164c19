"""Tests of the checks against the vendors' OpenAPI documents."""

import copy
import json
from typing import Any

import httpx
import jsonschema
import pytest

from tests.dialects.wire.openapi import Spec

V1 = Spec("heygen-v1-upload-asset.openapi.json", "/v1/asset")
V3 = Spec("heygen-v3-upload-asset.openapi.json", "/v3/assets")
KREA = Spec("krea-upload-asset.openapi.json", "/assets")
OPERATION = V1.document["paths"]["/v1/asset"]["post"]
EXAMPLES = OPERATION["responses"]["200"]["content"]["application/json"]["examples"]


def answer(status: int, body: Any) -> httpx.Response:
    return httpx.Response(status, content=json.dumps(body))


@pytest.mark.parametrize("name", EXAMPLES)
def test_vendor_examples_are_valid(name: str) -> None:
    V1.check(answer(200, EXAMPLES[name]["value"]))


@pytest.mark.parametrize("field", ["id", "name", "file_type", "folder_id", "created_ts", "url"])
def test_null_is_valid_only_where_examples_have_it(field: str) -> None:
    body = copy.deepcopy(EXAMPLES["Image File"]["value"])
    body["data"][field] = None
    with pytest.raises(jsonschema.ValidationError):
        V1.check(answer(200, body))


def test_nullable_fields_do_not_alter_document() -> None:
    V1.schema(200)
    assert (
        OPERATION["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["msg"]["type"] == "string"
    )


def test_undocumented_errors_have_no_schema() -> None:
    assert V1.schema(400) is None


@pytest.mark.parametrize("status", [400, 401, 409, 429, 404, 503])
def test_unlisted_errors_use_documented_schema(status: int) -> None:
    V3.check(answer(status, {"error": {"code": "x", "message": "y", "param": None}}))
    with pytest.raises(jsonschema.ValidationError):
        V3.check(answer(status, {"error": {"code": "x"}}))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "no uuid"},
        {"image_url": "/relative"},
        {"uploaded_at": "2026-11-21T00:00:00"},
        {"width": "64"},
        {"description": None},
    ],
    ids=str,
)
def test_invalid_format_is_refused(change: dict[str, Any]) -> None:
    good = {
        "id": "01a1fc53-da17-76ab-b746-582344c97071",
        "image_url": "http://127.0.0.1/a.png",
        "uploaded_at": "2026-11-21T00:00:00Z",
        "width": None,
        "height": 48,
        "size_bytes": 1,
        "mime_type": "image/png",
    }
    KREA.check(answer(200, good))
    with pytest.raises(jsonschema.ValidationError):
        KREA.check(answer(200, {**good, **change}))
