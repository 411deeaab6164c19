"""Probes of the native API's tags, collections, folders, lists and facets."""

from typing import Any

from tests.acceptance.isolation.probe import Probe


def _on_tag(method: str, rest: str = "", **more: Any) -> Probe:
    return Probe(method, "/api/tags/{tag}" + rest, **more)


def _on_collection(method: str, rest: str = "", **more: Any) -> Probe:
    return Probe(method, "/api/collections/{collection}" + rest, **more)


def _on_folder(method: str, rest: str = "", **more: Any) -> Probe:
    return Probe(method, "/api/folders/{folder}" + rest, **more)


NATIVE_ORGANISE = (
    Probe("GET", "/api/assets", params={"collection_id": "{collection}"}),
    Probe("GET", "/api/assets", params={"collection_id": "{smart}"}),
    Probe("GET", "/api/assets", params={"tag_id": "{tag}"}, foreign=200),
    Probe("GET", "/api/assets", params={"tag": "{tag_name}", "tag_mode": "all"}, foreign=200),
    Probe("GET", "/api/assets", params={"folder_id": "{folder}", "sort": "size"}, foreign=200),
    Probe("GET", "/api/assets", params={"external_id": "{external_id}"}, foreign=200),
    Probe("GET", "/api/assets", params={"request_id": "{request}", "sort": "title"}, foreign=200),
    Probe("GET", "/api/facets", params={"collection_id": "{collection}"}),
    Probe("GET", "/api/facets", params={"tag_id": "{tag}"}, foreign=200),
    Probe("GET", "/api/search", params={"q": "bear", "tag_id": "{tag}"}, foreign=200),
    Probe("GET", "/api/search", params={"q": "bear", "collection_id": "{collection}"}),
    Probe("GET", "/api/tags", params={"prefix": "{tag_name}"}, foreign=200),
    Probe("POST", "/api/tags", json={"name": "new {my_word}"}, own=201),
    _on_tag("GET"),
    _on_tag("PATCH", json={"name": "another {my_word}"}),
    _on_tag("DELETE", own=204),
    _on_tag("POST", "/merge", json={"into": "{my_other_tag}"}),
    Probe("POST", "/api/tags/{my_tag}/merge", json={"into": "{other_tag}"}),
    Probe("GET", "/api/collections", params={"parent_id": "{collection}"}, foreign=200),
    Probe("POST", "/api/collections", json={"name": "new", "parent_id": "{collection}"}, own=201),
    Probe("POST", "/api/collections", json={"name": "new", "cover_asset_id": "{asset}"}, own=201),
    _on_collection("GET"),
    _on_collection("PATCH", json={"name": "another"}),
    Probe("PATCH", "/api/collections/{my_collection}", json={"cover_asset_id": "{asset}"}),
    _on_collection("DELETE", own=204),
    _on_collection("POST", "/members", json={"add": ["{my_asset}"]}),
    Probe("POST", "/api/collections/{my_collection}/members", json={"add": ["{asset}"]}, foreign=200),
    Probe("POST", "/api/collections/{my_collection}/members", json={"remove": ["{asset}"]}, foreign=200),
    _on_collection("GET", "/tree"),
    _on_collection("POST", "/move", json={"parent_id": None}),
    Probe("POST", "/api/collections/{my_inner}/move", json={"parent_id": "{collection}"}),
    Probe("GET", "/api/folders", params={"parent_id": "{folder}"}, foreign=200),
    Probe("POST", "/api/folders", json={"name": "new", "parent_id": "{folder}"}, own=201),
    _on_folder("GET"),
    _on_folder("PATCH", json={"name": "another"}),
    _on_folder("DELETE"),
    _on_folder("POST", "/restore"),
)
