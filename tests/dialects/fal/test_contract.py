"""The contract for fal."""

from collections.abc import Callable

import httpx
import pytest
from msgspec import structs

from tests.contracts.dialect import Keyed, Suite, TakesBodies, TakesFiles, TakesJson
from tests.dialects.fal import endpoints
from tests.dialects.fal.storage_api.multipart_uploads import url_below

TOO_LONG = b'{"a": "' + b"x" * 5_000_000 + b'"}'
"""A list of 10,000 parts has a megabyte, so the limit is higher here."""


class TestRegister(Keyed, TakesJson):
    every_value = True
    endpoint = endpoints.REGISTER


class TestGetAsset(Keyed):
    endpoint = endpoints.GET_ASSET


class TestDeleteAsset(Keyed):
    endpoint = endpoints.DELETE_ASSET
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer

    def answered(self, response: httpx.Response) -> None:
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["x-request-id"]


class TestToken(Keyed):
    endpoint = endpoints.TOKEN


class TestInitiate(Keyed, TakesJson):
    every_value = True
    endpoint = endpoints.INITIATE


class TestUpload(Keyed, TakesFiles, TakesBodies):
    every_value = True
    endpoint = endpoints.UPLOAD


class TestBegin(Keyed):
    endpoint = endpoints.BEGIN


class TestInitiateParts(Keyed, TakesJson):
    endpoint = endpoints.INITIATE_PARTS


class _OfAnUpload(Suite):
    """Each test gets an upload, begun by `where`."""

    where: Callable[[Suite], str]

    @pytest.fixture(autouse=True)
    def uploading(self, setting: None) -> None:
        self.endpoint = structs.replace(type(self).endpoint, path=type(self).where(self))


class TestPart(_OfAnUpload, Keyed, TakesBodies):
    """PUT {access_url}/multipart/{uploadId}/{n}."""

    endpoint = endpoints.PART
    where = staticmethod(lambda suite: f"{endpoints.begun(suite)}/1")
    test_unknown_subpath_is_not_found = None  # type: ignore[assignment] # in the format of files
    test_wrong_method_is_refused_with_allow = None  # type: ignore[assignment] # the same
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer


class TestComplete(_OfAnUpload, Keyed, TakesJson):
    """POST {access_url}/multipart/{uploadId}/complete."""

    endpoint = endpoints.COMPLETE
    where = staticmethod(lambda suite: f"{endpoints.begun(suite)}/complete")
    test_unknown_subpath_is_not_found = None  # type: ignore[assignment] # in the format of files
    test_wrong_method_is_refused_with_allow = None  # type: ignore[assignment] # the same
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # the same

    def test_oversized_json_is_refused(self) -> None:
        self.refused(self.json(TOO_LONG), "Malformed")


class TestTokenPart(_OfAnUpload, TakesBodies):
    """PUT {upload_url}/{n}, with the token and no key."""

    endpoint = structs.replace(endpoints.PART, auth=lambda _: {})
    where = staticmethod(lambda suite: url_below(endpoints.initiated(suite), "1"))


class TestTokenComplete(_OfAnUpload, TakesJson):
    """POST {upload_url}/complete, with the token and no key."""

    endpoint = structs.replace(endpoints.COMPLETE, auth=lambda _: {})
    where = staticmethod(lambda suite: url_below(endpoints.initiated(suite), "complete"))

    def test_oversized_json_is_refused(self) -> None:
        self.refused(self.json(TOO_LONG), "Malformed")


class TestGetAcl(Keyed):
    endpoint = endpoints.GET_ACL


class TestPutAcl(Keyed, TakesJson):
    endpoint = endpoints.PUT_ACL


class TestSign(Keyed, TakesJson):
    every_value = True
    endpoint = endpoints.SIGN


class TestGetSettings(Keyed):
    endpoint = endpoints.GET_SETTINGS
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer


class TestPutSettings(Keyed, TakesJson):
    endpoint = endpoints.PUT_SETTINGS
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer
