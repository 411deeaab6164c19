"""multipart/form-data (RFC 7578) as a stream of events, the same however the bytes were cut.

It works around these behaviours of `multipart.PushMultipartParser` 2.0.1: strict mode fails at random when the last
line end arrives late; `filename*` is ignored; a truncated body is reported only by `close()`; a bare line feed in a
header is refused or not, depending on how the body is cut; headers that are not UTF-8 are refused unless the parser is
told that they are Latin-1.
"""

from collections.abc import Iterator
from typing import NamedTuple, Self

from multipart import MultipartError, ParserLimitReached, PushMultipartParser

from mediatheque.errors import Malformed
from mediatheque.http import content_disposition
from mediatheque.http.asgi import header_text
from mediatheque.http.content_encoding import refuse_content_encoding, refuse_transfer_encoding

MAX_PARTS = 100
MAX_HEADERS = 8
MAX_HEADER_BYTES = 8 * 1024
_SLACK = 1024  # the parser counts unfinished and finished lines differently, so its limit is higher than `_part`'s
_MAX_BOUNDARY = 200  # RFC 2046 allows 70; some clients write more


class FormPart(NamedTuple):
    """The beginning of a part. `filename` has been reduced to its last path segment."""

    name: str
    filename: str | None
    content_type: str | None


Event = FormPart | bytes | None
"""A part begins; a piece of its content; the part has ended."""


class Parser:
    """A push parser, and a context manager that checks on leaving that the form was complete.

    Raises `Malformed` when the body is not a form or exceeds the limits, and `UnsupportedEncoding` for an encoded part.
    """

    def __init__(self, content_type: str, *, max_parts: int = MAX_PARTS) -> None:
        boundary = _boundary(content_type)
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        self._preamble: bytes | None = b"\r\n"
        self._parser = PushMultipartParser(
            boundary,
            max_segment_count=max_parts,
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES + _SLACK,
            header_charset="latin-1",
            strict=False,
        )

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield the events of the chunk. Consume them before the next call."""
        chunk = self._without_preamble(chunk)
        if not chunk:
            return
        try:
            for event in self._parser.parse(chunk):
                yield event if event is None or isinstance(event, bytes) else _part(event.headerlist)
        except MultipartError as error:
            raise _malformed(error) from error

    def _without_preamble(self, chunk: bytes) -> bytes:
        """Drop what precedes the first boundary line, which the parser recognises only in one piece."""
        if self._preamble is None:
            return chunk
        seen = self._preamble + chunk
        start = seen.find(self._delimiter)
        if start < 0:
            self._preamble = seen[-(len(self._delimiter) - 1) :]
            return b""
        self._preamble = None
        return seen[start:]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._parser.close(check_complete=kind is None)
        except MultipartError as error:
            raise _malformed(error) from error


def _boundary(content_type: str) -> str:
    word, parameters = content_disposition.parse(content_type)
    if word != "multipart/form-data":
        raise Malformed("Content-Type must be multipart/form-data.")
    boundary = parameters.get("boundary", "")
    if not boundary:
        raise Malformed("Content-Type names no multipart boundary.")
    if len(boundary) > _MAX_BOUNDARY or not boundary.isascii() or not boundary.isprintable():
        raise Malformed("The multipart boundary is not valid.")
    return boundary


def _part(headers: list[tuple[str, str]]) -> FormPart:
    if any(len(value) > MAX_HEADER_BYTES for _, value in headers):
        raise Malformed("A part's headers are too large.")
    if any(c in value for _, value in headers for c in "\r\n\0"):
        raise Malformed("A part's headers hold control characters.")
    refuse_content_encoding(value for name, value in headers if name == "Content-Encoding")
    fields = dict(headers)
    refuse_transfer_encoding(fields.get("Content-Transfer-Encoding", ""))
    _, parameters = content_disposition.parse(header_text(fields["Content-Disposition"]))
    if not parameters.get("name"):
        raise Malformed("A part of the form has no name.")
    return FormPart(parameters["name"], content_disposition.filename(parameters), fields.get("Content-Type"))


def _malformed(error: MultipartError) -> Malformed:
    if isinstance(error, ParserLimitReached):
        return Malformed("The form has too many parts or too large headers.")
    return Malformed(f"The body is not valid multipart/form-data: {error.args[0]}.")
