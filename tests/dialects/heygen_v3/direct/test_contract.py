"""The contract for direct uploads and batches."""

import pytest
from msgspec import structs

from tests import samples
from tests.contracts.dialect import Keyed, TakesBodies, TakesJson
from tests.dialects.heygen_v3 import upload_sessions


class TestPresign(Keyed, TakesJson):
    every_value = True
    endpoint = upload_sessions.PRESIGN


class TestPut(TakesBodies):
    """PUT upload_url, with the token and no key."""

    endpoint = structs.replace(upload_sessions.PRESIGN, method="PUT", auth=lambda _: {})

    @pytest.fixture(autouse=True)
    def promised(self, setting: None) -> None:
        """Create an upload for each test."""
        slot = upload_sessions.presign(self.client, self.account, samples.png())
        self.before = self.stored.count(self.account)
        self.endpoint = structs.replace(type(self).endpoint, path=slot["upload_url"].removeprefix(self.server.url))


class TestComplete(Keyed):
    endpoint = upload_sessions.COMPLETE

    @pytest.mark.parametrize("body", [b"{", b"nonsense", b'{"a": NaN}', b'{"a": "\xff"}', b'{"a":' * 20_000])
    def test_malformed_json_is_refused(self, body: bytes) -> None:
        self.refused(self.send(content=body), "Malformed")

    @pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'{"checksum_sha256": 1}', b'{"a": "\\u0000"}'])
    def test_invalid_completion_is_refused(self, body: bytes) -> None:
        self.refused(self.send(content=body), "Invalid")


class TestPresignBatch(Keyed, TakesJson):
    endpoint = upload_sessions.PRESIGN_BATCH


class TestCompleteBatch(Keyed, TakesJson):
    endpoint = upload_sessions.COMPLETE_BATCH
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer


class TestProgress(Keyed):
    endpoint = upload_sessions.PROGRESS
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer


class TestStatuses(Keyed):
    endpoint = upload_sessions.STATUSES
    test_invalid_host_header_is_refused = None  # type: ignore[assignment] # there is no URL in the answer
