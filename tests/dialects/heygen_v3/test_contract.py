"""The contract for HeyGen v3."""

from tests.contracts.dialect import Keyed, TakesFiles, TakesForms
from tests.dialects.heygen_v3 import endpoints


class TestUpload(Keyed, TakesFiles, TakesForms):
    every_value = True
    endpoint = endpoints.UPLOAD


class TestList(Keyed):
    endpoint = endpoints.LIST


class TestGet(Keyed):
    endpoint = endpoints.GET


class TestSearch(Keyed):
    endpoint = endpoints.SEARCH


class TestDelete(Keyed):
    endpoint = endpoints.DELETE
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer
