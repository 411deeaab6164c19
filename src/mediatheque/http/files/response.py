"""A stored file as the answer to GET and HEAD: whole, in part, or not at all because the client has it."""

from collections.abc import AsyncIterator
from pathlib import Path

from litestar.response.base import ASGIResponse

from mediatheque.http.asgi import Headers, Receive, Scope, Send
from mediatheque.http.files.byteranges import ByteRanges
from mediatheque.http.files.conditional import Outcome, evaluate, range_applies
from mediatheque.http.files.headers import Representation
from mediatheque.http.files.local_reads import Reader, cached, reader
from mediatheque.http.files.ranges import Span, spans
from mediatheque.http.send import send_bytes, send_empty, send_path, send_stream

_CONDITIONAL = frozenset(
    {b"range", b"if-range", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"}
)
Source = Path | Reader
"""A local file, or a way to read bytes that are elsewhere."""


class FileResponse(ASGIResponse):
    """Answers with a file; what a route returns.

    `source` is the path of a local file, whose size the caller has checked, or a reader for bytes that are
    elsewhere. With `?download` in the query the client is told to save the file whatever it is. Raises
    BlobsUnavailable, or what the reader raises, while that can still be answered in the dialect's words.
    """

    __slots__ = ("_shown", "_source")

    def __init__(self, shown: Representation, source: Source) -> None:
        self._shown = shown
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Evaluates conditions and ranges, then sends."""
        shown = self._shown
        headers = _conditional(scope)
        outcome = evaluate(headers, shown) if headers else Outcome.PROCEED
        if outcome is Outcome.UNMODIFIED:
            await send_empty(send, 304, shown.validators)
        elif outcome is Outcome.FAILED:
            await send_empty(send, 412, ((b"content-length", b"0"), *shown.security_headers))
        elif scope["method"] == "HEAD":
            await send_empty(send, 200, (*shown.whole, _disposition(shown, scope)))
        elif (asked := self._requested_ranges(headers)) is None:
            await self._send_whole(scope, receive, send)
        elif not asked:
            size = (b"content-range", b"bytes */%d" % shown.size)
            await send_empty(send, 416, ((b"content-length", b"0"), size, *shown.security_headers))
        else:
            await self._send_ranges(asked, scope, receive, send)

    def _requested_ranges(self, headers: dict[str, str]) -> tuple[Span, ...] | None:
        if "range" not in headers or not range_applies(headers, self._shown):
            return None
        return spans(headers["range"], self._shown.size)

    async def _send_whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        """From memory where the file is in it, else by the server from its path, else piece by piece."""
        headers = (*self._shown.whole, _disposition(self._shown, scope))
        path = self._source if isinstance(self._source, Path) else None
        content = cached(path, self._shown.size) if path else None
        if content is not None:
            await send_bytes(send, 200, headers, content)
        elif path and "http.response.pathsend" in (scope.get("extensions") or {}):
            await send_path(send, 200, headers, str(path))
        else:
            await send_stream(self._read(0, self._shown.size), 200, headers, receive, send)

    async def _send_ranges(self, asked: tuple[Span, ...], scope: Scope, receive: Receive, send: Send) -> None:
        shown = self._shown
        framing: Headers
        if len(asked) == 1:
            (span,) = asked
            where = (b"content-range", span.content_range(shown.size))
            framing = ((b"content-type", shown.content_type), (b"content-length", b"%d" % span.length), where)
            pieces = self._read(*span)
        else:
            several = ByteRanges(asked, content_type=shown.content_type, size=shown.size)
            framing = ((b"content-type", several.content_type), (b"content-length", b"%d" % several.length))
            pieces = several.pieces(self._read)
        headers = (*framing, *shown.security_headers, *shown.validators, _disposition(shown, scope))
        await send_stream(pieces, 206, headers, receive, send)

    def _read(self, start: int, length: int) -> AsyncIterator[bytes]:
        read = reader(self._source) if isinstance(self._source, Path) else self._source
        return read(start, length)


def _conditional(scope: Scope) -> dict[str, str]:
    """The headers that decide between whole, part and nothing; repeated ones joined, as lists are."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in _CONDITIONAL:
            key, text = name.decode(), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _disposition(shown: Representation, scope: Scope) -> tuple[bytes, bytes]:
    query = scope["query_string"]
    saved = b"download" in query and any(pair.partition(b"=")[0] == b"download" for pair in query.split(b"&"))
    return b"content-disposition", shown.download if saved else shown.in_place
