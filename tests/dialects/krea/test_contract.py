"""The contract for Krea."""

from tests.contracts.dialect import Keyed, TakesFiles, TakesForms
from tests.dialects.krea import endpoints


class TestUpload(Keyed, TakesFiles, TakesForms):
    every_value = True
    endpoint = endpoints.UPLOAD


class TestList(Keyed):
    endpoint = endpoints.LIST


class TestGet(Keyed):
    endpoint = endpoints.GET


class TestDelete(Keyed):
    endpoint = endpoints.DELETE
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer
