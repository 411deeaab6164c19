"""JSON Schemas of the Assets API's documented answers, without additional keys."""

from typing import Any

import httpx
import jsonschema

from tests.dialects.wire.openapi import FORMATS

Schema = dict[str, Any]

_STRING: Schema = {"type": "string"}
_ID: Schema = {"type": "string", "minLength": 1}
_URL: Schema = {"type": "string", "format": "uri"}
_TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_ANY: Schema = {}


def _object(optional: Schema | None = None, **required: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(*words: str) -> Schema:
    return {"enum": list(words)}


TAG = _object(id=_ID, name={"type": "string", "minLength": 1, "maxLength": 50}, created_at=_or_null(_TIME))
ASSET = _object(
    vector_id=_ID,
    request_id=_or_null(_STRING),
    url=_or_null(_URL),
    type=_one_of("image", "video", "audio", "3d"),
    title=_STRING,
    endpoint=_or_null(_STRING),
    created_at=_or_null(_TIME),
    source=_or_null(_STRING),
    prompt=_or_null(_STRING),
    width=_or_null(_COUNT),
    height=_or_null(_COUNT),
    content_type=_or_null(_STRING),
    is_favorited=_FLAG,
    collection_ids=_list(_ID),
    tags=_list(TAG),
    similarity=_or_null({"type": "number", "minimum": 0, "maximum": 1}),
)
PAGE = _object(
    assets=_list(ASSET),
    next_cursor=_or_null(_ID),
    has_more=_FLAG,
    total_count=_or_null(_COUNT),
    scope_truncated=_FLAG,
)
_SET: dict[str, Schema] = {
    "id": _ID,
    "name": _STRING,
    "description": _or_null(_STRING),
    "icon": _or_null(_STRING),
    "color": _or_null(_STRING),
    "cover_image_url": _or_null(_URL),
    "character_identifier": _or_null(_STRING),
    "parent_collection_id": _or_null(_ID),
    "is_favorited": _FLAG,
    "created_at": _TIME,
    "updated_at": _TIME,
}
_TYPES = _one_of("manual", "smart", "character")
COLLECTION = _object({"filters": _ANY, "asset_count": _or_null(_COUNT)}, type=_TYPES, **_SET)
CHARACTER = _object(
    {"asset_count": _or_null(_COUNT)}, type=_one_of("character"), reference_images=_list(_STRING), **_SET
)
_NODE: dict[str, Schema] = {"id": _ID, "name": _STRING, "type": _TYPES}
_BRANCH = _object(**_NODE, children=_list({"$ref": "#/$defs/branch"}))
HIERARCHY = _object(hierarchy={"$ref": "#/$defs/branch"}, ancestors=_list(_object(**_NODE))) | {
    "$defs": {"branch": _BRANCH}
}
_ENTITY: dict[str, Schema] = {
    "entity_id": _ID,
    "entity_type": _one_of("character"),
    "name": _or_null(_STRING),
    "handle": _or_null(_STRING),
}
_MD5: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_NODES = (
    _object(
        kind=_one_of("asset"),
        id=_ID,
        output_key=_MD5,
        url=_or_null(_URL),
        type=_one_of("image", "video", "audio", "text", "3d"),
        request_id=_STRING,
        asset_id=_or_null(_ID),
        tombstone=_FLAG,
    ),
    _object(kind=_one_of("external_input"), id=_ID, output_key=_MD5, url=_or_null(_URL)),
    _object(
        kind=_one_of("request"),
        id=_ID,
        request_id=_ID,
        endpoint=_or_null(_STRING),
        prompt=_or_null(_STRING),
        created_at=_or_null(_TIME),
    ),
    _object(kind=_one_of("entity"), id=_ID, tombstone=_FLAG, **_ENTITY),
)
_EDGE = _object(
    {"from": _ID, "entities": _list(_object(**_ENTITY))},
    to=_ID,
    kind=_one_of("input_to", "generated_by", "referenced_entity"),
    role=_one_of("source", "content_ref", "mask", "control", None),  # type: ignore[arg-type] # a role may be null
)
_EDGE["required"].append("from")
LINEAGE = _object(focus=_ID, nodes=_list({"oneOf": list(_NODES)}), edges=_list(_EDGE))
ERROR = _object(
    error=_object(
        {"docs_url": _URL, "request_id": _STRING},
        type=_one_of(
            "authorization_error", "validation_error", "not_found", "rate_limited", "server_error", "not_implemented"
        ),
        message={"type": "string", "minLength": 1},
    )
)


only = _object
"""Schemas of answers with one named object."""


def many(**some: Schema) -> Schema:
    """Return the schema of an answer with one named list."""
    return _object(**{name: _list(item) for name, item in some.items()})


def fits(answer: httpx.Response, schema: Schema | None) -> Any:
    """Check the body against the schema and return it; None means an empty body."""
    if schema is None:
        assert answer.content == b""
        return None
    assert answer.headers["content-type"] == "application/json"
    jsonschema.Draft202012Validator(schema, format_checker=FORMATS).validate(answer.json())
    return answer.json()
