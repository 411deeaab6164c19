"""Operations that take JSON."""

import httpx

from tests.contracts.dialect.endpoint import Suite
from tests.contracts.dialect.values import each_value


class TakesJson(Suite):
    """Operations that take a JSON object."""

    @each_value(
        "body",
        [
            b"{",
            b"",
            b"nonsense",
            b"{'url': 1}",
            b'{"a": NaN}',
            b'{"url": "\xff", "file_name": "\xff"}',
            b'{"a": "\\ud800"}',
            b'{"a": "\\udc00\\ud800"}',
            b'{"a": "\x00"}',
            b"\xef\xbb\xbf{}",
            b"\x00",
            b'{"a":' * 20_000,
            b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
            b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        ],
        ids=lambda body: repr(body[:24]),
    )
    def test_malformed_json_is_refused(self, body: bytes) -> None:
        self.refused(self.json(body), "Malformed")

    def test_trailing_json_is_refused(self) -> None:
        self.refused(self.json(b'{"url": "http://a/", "type": "image"} {}'), "Malformed")

    @each_value("body", [b"[]", b"1", b'"text"', b"null", b"true"])
    def test_non_object_json_is_refused(self, body: bytes) -> None:
        self.refused(self.json(body), "Invalid")

    def test_nul_character_is_refused(self) -> None:
        self.refused(self.json(b'{"a": "b\\u0000c"}'), "Invalid")

    def test_oversized_json_is_refused(self) -> None:
        self.refused(self.json(b'{"a": "' + b"x" * 2_000_000 + b'"}'), "Malformed")

    def json(self, body: bytes) -> httpx.Response:
        return self.send(content=body, headers={"Content-Type": "application/json"})
