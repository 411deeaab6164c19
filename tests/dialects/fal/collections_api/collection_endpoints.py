"""fal's operations on collections and characters, as data."""

from typing import Any
from uuid import uuid4

from mediatheque.model import Scope
from tests.contracts.dialect import Endpoint, Suite
from tests.dialects.database.rows import Row, put_assets
from tests.dialects.fal.endpoints import PLATFORM, auth, check_platform_error

_COMMON: dict[str, Any] = {"auth": auth, "refusals": PLATFORM, "check_error": check_platform_error}
_NONE = "0" * 32
COLLECTIONS = "/v1/assets/collections"
CHARACTERS = "/v1/assets/characters"


def _name(_: Suite) -> dict[str, Any]:
    return {"json": {"name": "a word"}}


def _asset(suite: Suite) -> str:
    """Create an image asset without bytes for this request and return its id."""
    id = uuid4()
    put_assets(suite.stored, suite.account, [Row(0, id)])
    suite.before = suite.stored.count(suite.account)
    return str(id)


def _character(suite: Suite) -> dict[str, Any]:
    return {"json": {"name": "a word", "description": "somebody", "reference_images": [_asset(suite)]}}


def _made(suite: Suite, endpoint: Endpoint, noun: str) -> str:
    """Create a collection or character for this request and return its path."""
    id = endpoint.send(suite.client, suite.account.key, **endpoint.valid(suite)).json()[noun]["id"]
    suite.before = suite.stored.count(suite.account)
    return f"{endpoint.path}/{id}"


def _collection_at(suite: Suite, below: str = "", **request: Any) -> dict[str, Any]:
    return {"path": _made(suite, CREATE_COLLECTION, "collection") + below, **request}


def _character_at(suite: Suite, below: str = "", **request: Any) -> dict[str, Any]:
    return {"path": _made(suite, CREATE_CHARACTER, "character") + below, **request}


def _member(suite: Suite) -> dict[str, Any]:
    return _collection_at(suite, "/assets", json={"vector_id": _asset(suite)})


_LISTS: dict[str, Any] = {"method": "GET", "scope": Scope.READ, "valid": lambda _: {}, **_COMMON}
_GETS: dict[str, Any] = {"method": "GET", "scope": Scope.READ, **_COMMON}
_DELETES: dict[str, Any] = {"method": "DELETE", "success": 204, **_COMMON}

LIST_COLLECTIONS = Endpoint(name="fal-list-collections", path=COLLECTIONS, **_LISTS)
CREATE_COLLECTION = Endpoint(name="fal-create-collection", path=COLLECTIONS, success=201, valid=_name, **_COMMON)
GET_COLLECTION = Endpoint(
    name="fal-get-collection", path=f"{COLLECTIONS}/{_NONE}", valid=_collection_at, wrong_method="PUT", **_GETS
)
UPDATE_COLLECTION = Endpoint(
    name="fal-update-collection",
    method="PATCH",
    path=f"{COLLECTIONS}/{_NONE}",
    valid=lambda suite: _collection_at(suite, json={"icon": "star"}),
    wrong_method="PUT",
    **_COMMON,
)
DELETE_COLLECTION = Endpoint(
    name="fal-delete-collection", path=f"{COLLECTIONS}/{_NONE}", valid=_collection_at, wrong_method="PUT", **_DELETES
)
HIERARCHY = Endpoint(
    name="fal-hierarchy",
    path=f"{COLLECTIONS}/{_NONE}/hierarchy",
    valid=lambda suite: _collection_at(suite, "/hierarchy"),
    **_GETS,
)
MOVE = Endpoint(
    name="fal-move-collection",
    path=f"{COLLECTIONS}/{_NONE}/move",
    valid=lambda suite: _collection_at(suite, "/move", json={"parent_collection_id": None}),
    **_COMMON,
)
FAVORITE_COLLECTION = Endpoint(
    name="fal-favorite-collection",
    path=f"{COLLECTIONS}/{_NONE}/favorite",
    valid=lambda suite: _collection_at(suite, "/favorite"),
    **_COMMON,
)
UNFAVORITE_COLLECTION = Endpoint(
    name="fal-unfavorite-collection",
    path=f"{COLLECTIONS}/{_NONE}/unfavorite",
    valid=lambda suite: _collection_at(suite, "/unfavorite"),
    **_COMMON,
)
ADD = Endpoint(name="fal-add", path=f"{COLLECTIONS}/{_NONE}/assets", valid=_member, wrong_method="PUT", **_COMMON)
REMOVE = Endpoint(
    name="fal-remove", path=f"{COLLECTIONS}/{_NONE}/assets", valid=_member, wrong_method="PUT", **_DELETES
)

LIST_CHARACTERS = Endpoint(name="fal-list-characters", path=CHARACTERS, **_LISTS)
CREATE_CHARACTER = Endpoint(name="fal-create-character", path=CHARACTERS, success=201, valid=_character, **_COMMON)
GET_CHARACTER = Endpoint(
    name="fal-get-character", path=f"{CHARACTERS}/{_NONE}", valid=_character_at, wrong_method="PUT", **_GETS
)
UPDATE_CHARACTER = Endpoint(
    name="fal-update-character",
    method="PATCH",
    path=f"{CHARACTERS}/{_NONE}",
    valid=lambda suite: _character_at(suite, json={"name": "another word"}),
    wrong_method="PUT",
    **_COMMON,
)
DELETE_CHARACTER = Endpoint(
    name="fal-delete-character", path=f"{CHARACTERS}/{_NONE}", valid=_character_at, wrong_method="PUT", **_DELETES
)
FAVORITE_CHARACTER = Endpoint(
    name="fal-favorite-character",
    path=f"{CHARACTERS}/{_NONE}/favorite",
    valid=lambda suite: _character_at(suite, "/favorite"),
    **_COMMON,
)
UNFAVORITE_CHARACTER = Endpoint(
    name="fal-unfavorite-character",
    path=f"{CHARACTERS}/{_NONE}/unfavorite",
    valid=lambda suite: _character_at(suite, "/unfavorite"),
    **_COMMON,
)

BY_ID = (
    *(GET_COLLECTION, UPDATE_COLLECTION, DELETE_COLLECTION, HIERARCHY, MOVE, FAVORITE_COLLECTION),
    *(UNFAVORITE_COLLECTION, ADD, REMOVE),
    *(GET_CHARACTER, UPDATE_CHARACTER, DELETE_CHARACTER, FAVORITE_CHARACTER, UNFAVORITE_CHARACTER),
)
WITH_BODIES = (CREATE_COLLECTION, UPDATE_COLLECTION, MOVE, ADD, REMOVE, CREATE_CHARACTER, UPDATE_CHARACTER)
MUTATIONS = (
    *(CREATE_COLLECTION, UPDATE_COLLECTION, DELETE_COLLECTION, MOVE, FAVORITE_COLLECTION, UNFAVORITE_COLLECTION),
    *(ADD, REMOVE),
    *(CREATE_CHARACTER, UPDATE_CHARACTER, DELETE_CHARACTER, FAVORITE_CHARACTER, UNFAVORITE_CHARACTER),
)
