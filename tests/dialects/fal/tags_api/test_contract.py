"""The contract for fal's tags and favorites."""

import httpx

from tests.contracts.dialect import Keyed, TakesJson
from tests.dialects.fal.tags_api import tag_endpoints


class _WithoutUrl(Keyed):
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer


class _Empty(_WithoutUrl):
    def answered(self, response: httpx.Response) -> None:
        assert (response.status_code, response.content) == (204, b"")
        assert "content-length" not in response.headers  # RFC 9110 section 8.6
        assert response.headers["x-request-id"]


class TestListTags(_WithoutUrl):
    endpoint = tag_endpoints.LIST_TAGS


class TestCreateTag(_WithoutUrl, TakesJson):
    endpoint = tag_endpoints.CREATE_TAG


class TestSetTags(_WithoutUrl, TakesJson):
    endpoint = tag_endpoints.SET_TAGS


class TestUpdateTag(_WithoutUrl, TakesJson):
    endpoint = tag_endpoints.UPDATE_TAG


class TestDeleteTag(_Empty):
    endpoint = tag_endpoints.DELETE_TAG


class TestAssignTag(_WithoutUrl, TakesJson):
    endpoint = tag_endpoints.ASSIGN_TAG


class TestUnassignTag(_Empty, TakesJson):
    endpoint = tag_endpoints.UNASSIGN_TAG


class TestAssetTags(_WithoutUrl):
    endpoint = tag_endpoints.ASSET_TAGS


class TestFavorite(_WithoutUrl, TakesJson):
    endpoint = tag_endpoints.FAVORITE


class TestUnfavorite(_WithoutUrl, TakesJson):
    endpoint = tag_endpoints.UNFAVORITE
