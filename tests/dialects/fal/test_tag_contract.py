"""The contract at the doors of fal's tags and favourites."""

import httpx

from tests.contracts.dialect import Keyed, TakesJson
from tests.dialects.fal import tag_doors


class _WithoutUrl(Keyed):
    test_a_host_that_is_none = None  # type: ignore[assignment] # there is no URL in the answer


class _Empty(_WithoutUrl):
    def answered(self, response: httpx.Response) -> None:
        assert (response.status_code, response.content) == (204, b"")
        assert "content-length" not in response.headers  # RFC 9110 section 8.6
        assert response.headers["x-request-id"]


class TestListTags(_WithoutUrl):
    door = tag_doors.LIST_TAGS


class TestCreateTag(_WithoutUrl, TakesJson):
    door = tag_doors.CREATE_TAG


class TestSetTags(_WithoutUrl, TakesJson):
    door = tag_doors.SET_TAGS


class TestUpdateTag(_WithoutUrl, TakesJson):
    door = tag_doors.UPDATE_TAG


class TestDeleteTag(_Empty):
    door = tag_doors.DELETE_TAG


class TestAssignTag(_WithoutUrl, TakesJson):
    door = tag_doors.ASSIGN_TAG


class TestUnassignTag(_Empty, TakesJson):
    door = tag_doors.UNASSIGN_TAG


class TestAssetTags(_WithoutUrl):
    door = tag_doors.ASSET_TAGS


class TestFavorite(_WithoutUrl, TakesJson):
    door = tag_doors.FAVORITE


class TestUnfavorite(_WithoutUrl, TakesJson):
    door = tag_doors.UNFAVORITE
