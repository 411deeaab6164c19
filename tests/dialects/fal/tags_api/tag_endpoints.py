"""fal's operations on tags and favorites, as data."""

from typing import Any
from uuid import uuid4

from mediatheque.model import Scope
from tests.contracts.dialect import Endpoint, Suite
from tests.dialects.database.rows import Row, put_assets
from tests.dialects.fal.endpoints import PLATFORM, auth, check_platform_error

_COMMON: dict[str, Any] = {"auth": auth, "refusals": PLATFORM, "check_error": check_platform_error}
_NONE = "0" * 32
TAGS = "/v1/assets/tags"


def _name(_: Suite) -> dict[str, Any]:
    return {"json": {"name": uuid4().hex}}


def _tag(suite: Suite) -> str:
    """Create a tag for this request and return its id."""
    id = CREATE_TAG.send(suite.client, suite.account.key, **_name(suite)).json()["tag"]["id"]
    suite.before = suite.stored.count(suite.account)
    return str(id)


def _asset(suite: Suite) -> str:
    """Create an asset without bytes for this request and return its id."""
    id = uuid4()
    put_assets(suite.stored, suite.account, [Row(0, id)])
    suite.before = suite.stored.count(suite.account)
    return str(id)


def _target(suite: Suite) -> dict[str, Any]:
    return {"json": {"vector_id": _asset(suite)}}


def _assignment(suite: Suite) -> dict[str, Any]:
    return {"path": f"{TAGS}/{_tag(suite)}/assign", **_target(suite)}


LIST_TAGS = Endpoint(name="fal-list-tags", method="GET", path=TAGS, scope=Scope.READ, valid=lambda _: {}, **_COMMON)
CREATE_TAG = Endpoint(name="fal-create-tag", path=TAGS, success=201, valid=_name, **_COMMON)
SET_TAGS = Endpoint(
    name="fal-set-tags",
    method="PUT",
    path=TAGS,
    valid=lambda suite: {"json": {"vector_id": _asset(suite), "tag_ids": [_tag(suite)]}},
    **_COMMON,
)
UPDATE_TAG = Endpoint(
    name="fal-update-tag",
    method="PATCH",
    path=f"{TAGS}/{_NONE}",
    valid=lambda suite: {"path": f"{TAGS}/{_tag(suite)}", **_name(suite)},
    wrong_method="GET",
    **_COMMON,
)
DELETE_TAG = Endpoint(
    name="fal-delete-tag",
    method="DELETE",
    path=f"{TAGS}/{_NONE}",
    valid=lambda suite: {"path": f"{TAGS}/{_tag(suite)}"},
    success=204,
    wrong_method="PUT",
    **_COMMON,
)
ASSIGN_TAG = Endpoint(
    name="fal-assign-tag", path=f"{TAGS}/{_NONE}/assign", valid=_assignment, wrong_method="PUT", **_COMMON
)
UNASSIGN_TAG = Endpoint(
    name="fal-unassign-tag",
    method="DELETE",
    path=f"{TAGS}/{_NONE}/assign",
    valid=_assignment,
    success=204,
    wrong_method="GET",
    **_COMMON,
)
ASSET_TAGS = Endpoint(
    name="fal-asset-tags",
    method="GET",
    path=f"/v1/assets/{_NONE}/tags",
    valid=lambda suite: {"path": f"/v1/assets/{_asset(suite)}/tags"},
    scope=Scope.READ,
    **_COMMON,
)
FAVORITE = Endpoint(name="fal-favorite", path="/v1/assets/favorite", valid=_target, **_COMMON)
UNFAVORITE = Endpoint(name="fal-unfavorite", path="/v1/assets/unfavorite", valid=_target, **_COMMON)

MUTATIONS = (CREATE_TAG, SET_TAGS, UPDATE_TAG, DELETE_TAG, ASSIGN_TAG, UNASSIGN_TAG, FAVORITE, UNFAVORITE)
