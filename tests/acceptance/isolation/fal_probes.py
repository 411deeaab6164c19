"""fal's operations, with a foreign name in every place that takes one."""

from typing import Any

from tests.acceptance.isolation.probe import Probe

_ASSETS = "/v1/assets"
_TAGS, _COLLECTIONS, _CHARACTERS = f"{_ASSETS}/tags", f"{_ASSETS}/collections", f"{_ASSETS}/characters"
_MANY = {"limit": "100"}
_TARGETS: tuple[dict[str, str], ...] = ({"vector_id": "{asset}"}, {"request_id": "{request}"})
_MINE = {"vector_id": "{my_asset}"}
_NEW: dict[str, Any] = {"name": "new", "description": "somebody"}


def _listed(**params: Any) -> Probe:
    return Probe("GET", _ASSETS, params=_MANY | params)


def _scoped(**params: Any) -> tuple[Probe, Probe]:
    """An unknown filter matches nothing."""
    return _listed(**params)._replace(foreign=200), _listed(q="bear", **params)._replace(foreign=200)


def _registered(own: int = 201, **body: Any) -> Probe:
    return Probe("POST", f"{_ASSETS}/uploads", json={"url": "{my_file}", "type": "image"} | body, own=own)


def _made_of(**probe_id: str) -> Probe:
    return _registered(request_id="{my_word}", inputs=[probe_id])


def _targeted(method: str, path: str, own: int = 200, **more: Any) -> list[Probe]:
    return [Probe(method, path, json=target | more, own=own) for target in _TARGETS]


BROWSING = (
    _listed(collection_id="{collection}"),
    _listed(collection_id="{smart}"),
    _listed(collection_id="{character}"),
    _listed(collection_id="{collection}", q="bear"),
    _listed(search_image_url="{file}"),
    _listed(search_image_url="{hidden}"),
    _listed(search_video_url="{film}"),
    *_scoped(tag_id="{tag}"),
    *_scoped(tag_id=["{tag}", "{my_tag}"], tag_mode="all"),
    *_scoped(character_identifier="{handle}"),
    *_scoped(character_identifier="@{handle}"),
    *(Probe("GET", f"{_COLLECTIONS}/{{{name}}}/assets") for name in ("collection", "inner", "smart", "character")),
    Probe("GET", f"{_COLLECTIONS}/{{my_collection}}/assets", params={"tag_id": "{tag}"}, foreign=200),
    Probe("GET", f"{_COLLECTIONS}/{{my_collection}}/assets", params={"search_image_url": "{file}"}),
)
ASSETS = (
    Probe("GET", f"{_ASSETS}/{{asset}}"),
    Probe("DELETE", f"{_ASSETS}/{{asset}}", own=204),
    Probe("GET", f"{_ASSETS}/{{asset}}/lineage"),
    Probe("GET", f"{_ASSETS}/{{asset}}/tags", foreign=200),
    _registered(url="{file}"),
    _registered(url="{hidden}"),
    _registered(tag_ids=["{my_tag}", "{tag}"]),
    _registered(collection_id="{collection}"),
    _registered(request_id="{request}")._replace(foreign=201),
    _made_of(vector_id="{asset}"),
    _made_of(request_id="{request}"),
    _made_of(character="{character}"),
    _made_of(character="@{handle}"),
    _made_of(url="{file}")._replace(foreign=201),
    *_targeted("POST", f"{_ASSETS}/favorite"),
    *_targeted("POST", f"{_ASSETS}/unfavorite"),
)
TAGS = (
    Probe("POST", _TAGS, json={"name": "{taken_name}"}, foreign=201, own=409),
    Probe("PATCH", f"{_TAGS}/{{tag}}", json={"name": "x{my_word}"}),
    Probe("PATCH", f"{_TAGS}/{{my_tag}}", json={"name": "{taken_name}"}, foreign=200),
    Probe("DELETE", f"{_TAGS}/{{tag}}", own=204),
    Probe("PUT", _TAGS, json=_MINE | {"tag_ids": ["{tag}"]}),
    *_targeted("PUT", _TAGS, tag_ids=["{my_tag}"]),
    *_targeted("PUT", _TAGS, tag_ids=[]),
    Probe("POST", f"{_TAGS}/{{tag}}/assign", json=_MINE),
    *_targeted("POST", f"{_TAGS}/{{my_tag}}/assign"),
    Probe("DELETE", f"{_TAGS}/{{tag}}/assign", json=_MINE, own=204),
    *_targeted("DELETE", f"{_TAGS}/{{my_tag}}/assign", own=204),
)
COLLECTIONS = (
    Probe("POST", _COLLECTIONS, json={"name": "new", "parent_collection_id": "{collection}"}, own=201),
    Probe("POST", _COLLECTIONS, json={"name": "new", "cover_image_url": "{file}"}, own=201),
    Probe("POST", _COLLECTIONS, json={"name": "new", "cover_image_url": "{hidden}"}, own=201),
    Probe("GET", f"{_COLLECTIONS}/{{collection}}"),
    Probe("GET", f"{_COLLECTIONS}/{{character}}"),
    Probe("PATCH", f"{_COLLECTIONS}/{{collection}}", json={"name": "another"}),
    Probe("PATCH", f"{_COLLECTIONS}/{{my_collection}}", json={"cover_image_url": "{file}"}),
    Probe("DELETE", f"{_COLLECTIONS}/{{collection}}", own=204),
    Probe("GET", f"{_COLLECTIONS}/{{collection}}/hierarchy"),
    Probe("POST", f"{_COLLECTIONS}/{{inner}}/move", json={"parent_collection_id": None}),
    Probe("POST", f"{_COLLECTIONS}/{{my_inner}}/move", json={"parent_collection_id": "{collection}"}),
    Probe("POST", f"{_COLLECTIONS}/{{collection}}/favorite"),
    Probe("POST", f"{_COLLECTIONS}/{{collection}}/unfavorite"),
    Probe("POST", f"{_COLLECTIONS}/{{collection}}/assets", json=_MINE),
    Probe("POST", f"{_COLLECTIONS}/{{character}}/assets", json=_MINE),
    *_targeted("POST", f"{_COLLECTIONS}/{{my_collection}}/assets"),
    Probe("DELETE", f"{_COLLECTIONS}/{{collection}}/assets", json=_MINE, own=204),
    *_targeted("DELETE", f"{_COLLECTIONS}/{{my_collection}}/assets", own=204),
)
CHARACTERS = (
    *(
        Probe("POST", _CHARACTERS, json=_NEW | {"reference_images": ["{my_asset}", shown]}, own=201)
        for shown in ("{asset}", "{request}", "{file}", "{hidden}")
    ),
    Probe("POST", _CHARACTERS, json=_NEW | {"reference_images": ["{my_asset}"], "cover_image_url": "{file}"}, own=201),
    Probe(
        "POST",
        _CHARACTERS,
        json=_NEW | {"reference_images": ["{my_asset}"], "identifier": "{handle}"},
        foreign=201,
        own=409,
    ),
    Probe("GET", f"{_CHARACTERS}/{{character}}"),
    Probe("PATCH", f"{_CHARACTERS}/{{character}}", json={"name": "another"}),
    Probe("PATCH", f"{_CHARACTERS}/{{my_character}}", json={"reference_images": ["{asset}"]}),
    Probe("PATCH", f"{_CHARACTERS}/{{my_character}}", json={"cover_image_url": "{file}"}),
    Probe("DELETE", f"{_CHARACTERS}/{{character}}", own=204),
    Probe("POST", f"{_CHARACTERS}/{{character}}/favorite"),
    Probe("POST", f"{_CHARACTERS}/{{character}}/unfavorite"),
)
FAL = (*BROWSING, *ASSETS, *TAGS, *COLLECTIONS, *CHARACTERS)
