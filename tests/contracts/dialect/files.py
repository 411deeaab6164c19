"""Contract of uploads: which files are accepted and refused."""

import httpx
import pytest

from tests import samples
from tests.contracts.dialect.endpoint import Suite
from tests.contracts.dialect.values import each_value
from tests.dialects.wire import sockets
from tests.dialects.wire.form import CONTENT_TYPE, file_part, form


class TakesFiles(Suite):
    """Uploads in either framing."""

    @property
    def content_type(self) -> str:
        return CONTENT_TYPE if self.endpoint.framed else "image/png"

    def body(self, data: bytes) -> bytes:
        return form(file_part(data)) if self.endpoint.framed else data

    def upload(self, data: bytes, **declared: str) -> httpx.Response:
        return self.endpoint.upload(self.client, self.account.key, data, **declared)

    def test_empty_file_is_refused(self) -> None:
        self.refused(self.upload(b""), "EmptyFile")

    @pytest.mark.parametrize("mime", samples.ACCEPTED)
    def test_each_type_is_accepted_or_refused(self, mime: str) -> None:
        response = self.upload(samples.ACCEPTED[mime]())
        if mime in self.endpoint.types:
            self.answered(response)
        else:
            self.refused(response, "UnsupportedKind")

    @each_value("name", ["truncated_png", *(name for name in samples.DAMAGED if name != "truncated_png")])
    def test_damaged_files_are_refused(self, name: str) -> None:
        self.refused(self.upload(samples.DAMAGED[name]()), "Unreadable", "UnsupportedKind")

    @pytest.mark.parametrize("name", samples.UNSUPPORTED)
    @pytest.mark.parametrize("extension", ["png", "mp4"])
    def test_unknown_content_with_media_name_is_refused(self, name: str, extension: str) -> None:
        declared = {"png": "image/png", "mp4": "video/mp4"}[extension]
        self.refused(
            self.upload(samples.UNSUPPORTED[name](), name=f"a.{extension}", declared=declared), "UnsupportedKind"
        )

    def test_oversized_content_length_is_refused_before_body(self) -> None:
        """The server answers before it reads the body, so an Expect: 100-continue gets no 100."""
        length = self.endpoint.limit + 2 * 1024 * 1024
        answer = self.raw(length=length, Expect="100-continue", Content_Type=self.content_type)
        assert answer
        self.refused(answer, "TooLarge")

    def test_content_length_with_chunked_is_not_smuggled(self) -> None:
        """Granian passes on the chunks only (RFC 9112 section 6.3). Bytes after them are not a second request."""
        body = self.body(samples.png(seed=12))
        smuggled = sockets.head("GET", "/healthz", {}, 0)
        given = {**self.endpoint.auth(self.account.key), "Content-Type": self.content_type, "Content-Length": "7"}
        head = sockets.head(self.endpoint.method, self.endpoint.path, given, None).replace(
            b"Connection: close\r\n", b""
        )
        answers = sockets.everything(self.server.port, head, sockets.chunk(body), sockets.LAST_CHUNK, smuggled)
        assert answers.count(b"HTTP/1.1 ") == 1
        assert b"connection: close" in answers

    @pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "9" * 400])
    def test_invalid_content_length_stores_nothing(self, length: str) -> None:
        """Granian refuses some of these itself."""
        given = {**self.endpoint.auth(self.account.key), "Content-Length": length}
        head = sockets.head(self.endpoint.method, self.endpoint.path, given, 0).replace(b"Content-Length: 0\r\n", b"")
        answer = sockets.exchange(self.server.port, head)
        assert answer is None or 400 <= answer.status_code < 500
        self.stored.expect_counts(self.account, self.before)

    def test_client_disconnect_stores_nothing(self) -> None:
        half = self.body(samples.png(400, 300))[:100_000]
        self.raw(half, length=300_000, hang_up=True, Content_Type=self.content_type)
        self.stored.expect_counts(self.account, self.before)

    def test_unterminated_chunked_body_stores_nothing(self) -> None:
        """The whole file has arrived, but the last chunk has not."""
        body = file_part(samples.png()) if self.endpoint.framed else samples.png()
        self.raw(sockets.chunk(body), length=None, hang_up=True, Content_Type=self.content_type)
        self.stored.expect_counts(self.account, self.before)

    @pytest.mark.parametrize("broken", [b"zz\r\nnot a size", b"5\r\ntoo long for five\r\n0\r\n\r\n"])
    def test_malformed_chunks_are_refused(self, broken: bytes) -> None:
        answer = self.raw(broken, length=None, Content_Type=self.content_type)
        assert answer is None or answer.status_code == 400
        self.stored.expect_counts(self.account, self.before)

    def test_bytes_after_content_length_are_ignored(self) -> None:
        body = self.body(samples.png(seed=13))
        answer = self.raw(body, b"GET / and more", length=len(body), Content_Type=self.content_type)
        assert answer
        self.answered(answer)
        short = self.raw(body[:-40], b"", length=len(body) - 40, Content_Type=self.content_type)
        assert short
        self.before = self.stored.count(self.account)
        self.refused(short, "Malformed", "Unreadable")

    def test_chunked_upload_succeeds(self) -> None:
        body = self.body(samples.png(seed=11))
        pieces = [sockets.chunk(body[at : at + 997]) for at in range(0, len(body), 997)]
        answer = self.raw(*pieces, sockets.LAST_CHUNK, length=None, Content_Type=self.content_type)
        assert answer
        self.answered(answer)


class TakesBodies(Suite):
    """Uploads whose whole body is the file."""

    def test_missing_body_is_refused(self) -> None:
        self.refused(self.send(), "EmptyFile")

    def test_empty_chunked_body_is_refused(self) -> None:
        answer = self.raw(sockets.LAST_CHUNK, length=None, Content_Type="image/png")
        assert answer
        self.refused(answer, "EmptyFile")
