"""The contract at Krea's doors."""

from tests.contracts.dialect import Keyed, TakesFiles, TakesForms
from tests.dialects.krea import door


class TestUpload(Keyed, TakesFiles, TakesForms):
    door = door.UPLOAD


class TestList(Keyed):
    door = door.LIST


class TestGet(Keyed):
    door = door.GET


class TestDelete(Keyed):
    door = door.DELETE
    test_a_host_that_is_none = None  # type: ignore[assignment] # there is no URL in the answer
