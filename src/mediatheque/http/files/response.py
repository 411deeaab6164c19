"""A stored file as the answer to GET and HEAD: whole, in part, or not at all because the client has it."""

from collections.abc import AsyncIterator
from pathlib import Path

from litestar.response.base import ASGIResponse

from mediatheque.http.asgi import Headers, Receive, Scope, Send
from mediatheque.http.files.byteranges import MultipartByteRanges
from mediatheque.http.files.conditional import Outcome, evaluate, range_applies
from mediatheque.http.files.headers import Representation
from mediatheque.http.files.local_reads import RangeReader, range_reader, read_cached
from mediatheque.http.files.ranges import ByteRange, parse_range
from mediatheque.http.send import send_bytes, send_empty, send_path, send_stream

_CONDITIONAL_HEADERS = frozenset(
    {b"range", b"if-range", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"}
)
FileContent = Path | RangeReader
"""A local file, or a way to read bytes that are elsewhere."""


class FileResponse(ASGIResponse):
    """Answers with a file; what a route returns.

    `source` is the path of a local file, whose size the caller has checked, or a reader for bytes that are
    elsewhere. With `?download` in the query the client is told to save the file whatever it is. Raises
    BlobsUnavailable, or what the reader raises, while that can still be answered in the dialect's words.
    """

    __slots__ = ("_content", "_representation")

    def __init__(self, representation: Representation, content: FileContent) -> None:
        self._representation = representation
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Evaluates conditions and ranges, then sends."""
        shown = self._representation
        headers = _conditional_headers(scope)
        outcome = evaluate(headers, shown) if headers else Outcome.PROCEED
        if outcome is Outcome.NOT_MODIFIED:
            await send_empty(send, 304, shown.validator_headers)
        elif outcome is Outcome.PRECONDITION_FAILED:
            await send_empty(send, 412, ((b"content-length", b"0"), *shown.security_headers))
        elif scope["method"] == "HEAD":
            await send_empty(send, 200, (*shown.full_headers, _content_disposition(shown, scope)))
        elif (asked := self._requested_ranges(headers)) is None:
            await self._send_whole(scope, receive, send)
        elif not asked:
            size = (b"content-range", b"bytes */%d" % shown.size)
            await send_empty(send, 416, ((b"content-length", b"0"), size, *shown.security_headers))
        else:
            await self._send_ranges(asked, scope, receive, send)

    def _requested_ranges(self, headers: dict[str, str]) -> tuple[ByteRange, ...] | None:
        if "range" not in headers or not range_applies(headers, self._representation):
            return None
        return parse_range(headers["range"], self._representation.size)

    async def _send_whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        """From memory where the file is in it, else by the server from its path, else piece by piece."""
        headers = (*self._representation.full_headers, _content_disposition(self._representation, scope))
        path = self._content if isinstance(self._content, Path) else None
        content = read_cached(path, self._representation.size) if path else None
        if content is not None:
            await send_bytes(send, 200, headers, content)
        elif path and "http.response.pathsend" in (scope.get("extensions") or {}):
            await send_path(send, 200, headers, str(path))
        else:
            await send_stream(self._read(0, self._representation.size), 200, headers, receive, send)

    async def _send_ranges(self, asked: tuple[ByteRange, ...], scope: Scope, receive: Receive, send: Send) -> None:
        shown = self._representation
        framing: Headers
        if len(asked) == 1:
            (span,) = asked
            where = (b"content-range", span.content_range(shown.size))
            framing = ((b"content-type", shown.content_type), (b"content-length", b"%d" % span.length), where)
            pieces = self._read(*span)
        else:
            several = MultipartByteRanges(asked, content_type=shown.content_type, size=shown.size)
            framing = ((b"content-type", several.content_type), (b"content-length", b"%d" % several.length))
            pieces = several.chunks(self._read)
        headers = (*framing, *shown.security_headers, *shown.validator_headers, _content_disposition(shown, scope))
        await send_stream(pieces, 206, headers, receive, send)

    def _read(self, start: int, length: int) -> AsyncIterator[bytes]:
        read = range_reader(self._content) if isinstance(self._content, Path) else self._content
        return read(start, length)


def _conditional_headers(scope: Scope) -> dict[str, str]:
    """The headers that decide between whole, part and nothing; repeated ones joined, as lists are."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in _CONDITIONAL_HEADERS:
            key, text = name.decode(), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _content_disposition(shown: Representation, scope: Scope) -> tuple[bytes, bytes]:
    query = scope["query_string"]
    saved = b"download" in query and any(pair.partition(b"=")[0] == b"download" for pair in query.split(b"&"))
    return b"content-disposition", shown.attachment_disposition if saved else shown.inline_disposition
