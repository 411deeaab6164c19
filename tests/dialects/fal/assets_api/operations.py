"""The 33 documented operations of fal's Assets API, with the schemas of their answers."""

from typing import Any

import httpx
import msgspec

from tests.contracts.dialect import Endpoint, Suite
from tests.dialects.fal.assets_api.provenance import LINEAGE
from tests.dialects.fal.assets_api.schemas import ASSET, CHARACTER, COLLECTION, HIERARCHY, PAGE, TAG, Schema, many, only
from tests.dialects.fal.assets_api.schemas import LINEAGE as LINEAGE_GRAPH
from tests.dialects.fal.browse import browsing
from tests.dialects.fal.collections_api import collection_endpoints as sets
from tests.dialects.fal.endpoints import GET_ASSET, REGISTER
from tests.dialects.fal.tags_api import tag_endpoints as tags


class Operation(msgspec.Struct, frozen=True):
    """One operation: its path below `/v1`, its success status and schema."""

    id: str
    method: str
    path: str
    success: int
    schema: Schema | None
    endpoint: Endpoint

    @property
    def reads(self) -> bool:
        return self.method == "GET"

    def send(self, suite: Suite, key: str | None = None, **request: Any) -> httpx.Response:
        """Send the request, with the account's key unless another is given; "" means no key."""
        return self.endpoint.send(suite.client, suite.account.key if key is None else key, **request)


_DONE = only(success={"const": True})
_TAGS, _OF_TAG, _OF_ASSET = many(tags=TAG), only(tag=TAG), only(asset=ASSET)
_OF_COLLECTION, _OF_CHARACTER = only(collection=COLLECTION), only(character=CHARACTER)
_COLLECTION, _CHARACTER = "/assets/collections/{collection_id}", "/assets/characters/{character_id}"

OPERATIONS = (
    Operation("listAssets", "GET", "/assets", 200, PAGE, browsing.LIST),
    Operation("getAsset", "GET", "/assets/{vector_id}", 200, _OF_ASSET, GET_ASSET),
    Operation("uploadAsset", "POST", "/assets/uploads", 201, _OF_ASSET, REGISTER),
    Operation("getAssetLineage", "GET", "/assets/{asset_id}/lineage", 200, only(lineage=LINEAGE_GRAPH), LINEAGE),
    Operation("favoriteAsset", "POST", "/assets/favorite", 200, only(is_favorited={"const": True}), tags.FAVORITE),
    Operation(
        "unfavoriteAsset", "POST", "/assets/unfavorite", 200, only(is_favorited={"const": False}), tags.UNFAVORITE
    ),
    Operation("listAssetTagsForAsset", "GET", "/assets/{vector_id}/tags", 200, _TAGS, tags.ASSET_TAGS),
    Operation("listAssetTags", "GET", "/assets/tags", 200, _TAGS, tags.LIST_TAGS),
    Operation("createAssetTag", "POST", "/assets/tags", 201, _OF_TAG, tags.CREATE_TAG),
    Operation("setAssetTagsForAsset", "PUT", "/assets/tags", 200, _TAGS, tags.SET_TAGS),
    Operation("updateAssetTag", "PATCH", "/assets/tags/{tag_id}", 200, _OF_TAG, tags.UPDATE_TAG),
    Operation("deleteAssetTag", "DELETE", "/assets/tags/{tag_id}", 204, None, tags.DELETE_TAG),
    Operation("assignAssetTag", "POST", "/assets/tags/{tag_id}/assign", 200, _DONE, tags.ASSIGN_TAG),
    Operation("unassignAssetTag", "DELETE", "/assets/tags/{tag_id}/assign", 204, None, tags.UNASSIGN_TAG),
    Operation(
        "listAssetCollections",
        "GET",
        "/assets/collections",
        200,
        many(collections=COLLECTION),
        sets.LIST_COLLECTIONS,
    ),
    Operation("createAssetCollection", "POST", "/assets/collections", 201, _OF_COLLECTION, sets.CREATE_COLLECTION),
    Operation("getAssetCollection", "GET", _COLLECTION, 200, _OF_COLLECTION, sets.GET_COLLECTION),
    Operation("updateAssetCollection", "PATCH", _COLLECTION, 200, _OF_COLLECTION, sets.UPDATE_COLLECTION),
    Operation("deleteAssetCollection", "DELETE", _COLLECTION, 204, None, sets.DELETE_COLLECTION),
    Operation("getAssetCollectionHierarchy", "GET", f"{_COLLECTION}/hierarchy", 200, HIERARCHY, sets.HIERARCHY),
    Operation("moveAssetCollection", "POST", f"{_COLLECTION}/move", 200, _OF_COLLECTION, sets.MOVE),
    Operation(
        "favoriteAssetCollection", "POST", f"{_COLLECTION}/favorite", 200, _OF_COLLECTION, sets.FAVORITE_COLLECTION
    ),
    Operation(
        "unfavoriteAssetCollection",
        "POST",
        f"{_COLLECTION}/unfavorite",
        200,
        _OF_COLLECTION,
        sets.UNFAVORITE_COLLECTION,
    ),
    Operation("listAssetCollectionAssets", "GET", f"{_COLLECTION}/assets", 200, PAGE, browsing.LIST_IN),
    Operation("addAssetToCollection", "POST", f"{_COLLECTION}/assets", 200, _DONE, sets.ADD),
    Operation("removeAssetFromCollection", "DELETE", f"{_COLLECTION}/assets", 204, None, sets.REMOVE),
    Operation(
        "listAssetCharacters", "GET", "/assets/characters", 200, many(characters=CHARACTER), sets.LIST_CHARACTERS
    ),
    Operation("createAssetCharacter", "POST", "/assets/characters", 201, _OF_CHARACTER, sets.CREATE_CHARACTER),
    Operation("getAssetCharacter", "GET", _CHARACTER, 200, _OF_CHARACTER, sets.GET_CHARACTER),
    Operation("updateAssetCharacter", "PATCH", _CHARACTER, 200, _OF_CHARACTER, sets.UPDATE_CHARACTER),
    Operation("deleteAssetCharacter", "DELETE", _CHARACTER, 204, None, sets.DELETE_CHARACTER),
    Operation("favoriteAssetCharacter", "POST", f"{_CHARACTER}/favorite", 200, _OF_CHARACTER, sets.FAVORITE_CHARACTER),
    Operation(
        "unfavoriteAssetCharacter", "POST", f"{_CHARACTER}/unfavorite", 200, _OF_CHARACTER, sets.UNFAVORITE_CHARACTER
    ),
)
BY_ID = {operation.id: operation for operation in OPERATIONS}
