"""fal's operations on tags and favourites, as data."""

from typing import Any
from uuid import uuid4

from mediatheque.model import Scope
from tests.contracts.dialect import Endpoint, Suite
from tests.dialects.database.rows import Row, put_assets
from tests.dialects.fal.endpoints import PLATFORM, auth, check_platform_error

_WORDS: dict[str, Any] = {"auth": auth, "refusals": PLATFORM, "say": check_platform_error}
_NONE = "0" * 32
TAGS = "/v1/assets/tags"


def _name(_: Suite) -> dict[str, Any]:
    return {"json": {"name": uuid4().hex}}


def _tag(suite: Suite) -> str:
    """The id of a tag that is there for this request alone."""
    id = CREATE_TAG.send(suite.client, suite.account.key, **_name(suite)).json()["tag"]["id"]
    suite.before = suite.stored.count(suite.account)
    return str(id)


def _asset(suite: Suite) -> str:
    """The same of an asset; it has no bytes."""
    id = uuid4()
    put_assets(suite.stored, suite.account, [Row(0, id)])
    suite.before = suite.stored.count(suite.account)
    return str(id)


def _target(suite: Suite) -> dict[str, Any]:
    return {"json": {"vector_id": _asset(suite)}}


def _assignment(suite: Suite) -> dict[str, Any]:
    return {"path": f"{TAGS}/{_tag(suite)}/assign", **_target(suite)}


LIST_TAGS = Endpoint(name="fal-list-tags", method="GET", path=TAGS, scope=Scope.READ, valid=lambda _: {}, **_WORDS)
CREATE_TAG = Endpoint(name="fal-create-tag", path=TAGS, success=201, valid=_name, **_WORDS)
SET_TAGS = Endpoint(
    name="fal-set-tags",
    method="PUT",
    path=TAGS,
    valid=lambda suite: {"json": {"vector_id": _asset(suite), "tag_ids": [_tag(suite)]}},
    **_WORDS,
)
UPDATE_TAG = Endpoint(
    name="fal-update-tag",
    method="PATCH",
    path=f"{TAGS}/{_NONE}",
    valid=lambda suite: {"path": f"{TAGS}/{_tag(suite)}", **_name(suite)},
    wrong_method="GET",
    **_WORDS,
)
DELETE_TAG = Endpoint(
    name="fal-delete-tag",
    method="DELETE",
    path=f"{TAGS}/{_NONE}",
    valid=lambda suite: {"path": f"{TAGS}/{_tag(suite)}"},
    success=204,
    wrong_method="PUT",
    **_WORDS,
)
ASSIGN_TAG = Endpoint(
    name="fal-assign-tag", path=f"{TAGS}/{_NONE}/assign", valid=_assignment, wrong_method="PUT", **_WORDS
)
UNASSIGN_TAG = Endpoint(
    name="fal-unassign-tag",
    method="DELETE",
    path=f"{TAGS}/{_NONE}/assign",
    valid=_assignment,
    success=204,
    wrong_method="GET",
    **_WORDS,
)
ASSET_TAGS = Endpoint(
    name="fal-asset-tags",
    method="GET",
    path=f"/v1/assets/{_NONE}/tags",
    valid=lambda suite: {"path": f"/v1/assets/{_asset(suite)}/tags"},
    scope=Scope.READ,
    **_WORDS,
)
FAVORITE = Endpoint(name="fal-favorite", path="/v1/assets/favorite", valid=_target, **_WORDS)
UNFAVORITE = Endpoint(name="fal-unfavorite", path="/v1/assets/unfavorite", valid=_target, **_WORDS)

MUTATIONS = (CREATE_TAG, SET_TAGS, UPDATE_TAG, DELETE_TAG, ASSIGN_TAG, UNASSIGN_TAG, FAVORITE, UNFAVORITE)
