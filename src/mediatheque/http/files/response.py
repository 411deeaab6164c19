"""The response to GET and HEAD of a stored file: all of it, ranges of it, or only a status."""

from collections.abc import AsyncIterator
from pathlib import Path

from litestar.response.base import ASGIResponse

from mediatheque.http.asgi import Headers, RawHeaders, Receive, Scope, Send
from mediatheque.http.files.accel import Accel, is_left_to_nginx
from mediatheque.http.files.byteranges import MultipartByteRanges
from mediatheque.http.files.conditional import Outcome, evaluate, range_applies
from mediatheque.http.files.headers import Representation
from mediatheque.http.files.local_reads import range_reader, read_cached
from mediatheque.http.files.ranges import ByteRange, parse_range
from mediatheque.http.send import send_bytes, send_empty, send_path, send_stream
from mediatheque.library.catalog.files import FileContent

CONDITIONAL_HEADERS = frozenset(
    {b"range", b"if-range", b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"}
)


class FileResponse(ASGIResponse):
    """A response that sends a file; a route returns it.

    The caller has checked that a local file has its full size. With `?download` in the query the client is told to
    save the file whatever its type. Raises BlobsUnavailable, or what the reader raises, before the response starts, so
    that the error can still be rendered by the dialect.
    """

    __slots__ = ("_accel", "_content", "_in_memory", "_representation")

    def __init__(
        self,
        representation: Representation,
        content: FileContent,
        in_memory: bytes | None = None,
        accel: Accel | None = None,
    ) -> None:
        """`in_memory` is the whole content, if the caller has it. With `accel`, nginx sends what is not in memory."""
        self._representation = representation
        self._content = content
        self._in_memory = in_memory
        self._accel = accel

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Evaluate preconditions and ranges, then send."""
        representation = self._representation
        headers = _conditional_headers(scope)
        outcome = evaluate(headers, representation) if headers else Outcome.PROCEED
        if outcome is Outcome.NOT_MODIFIED:
            await send_empty(send, 304, (*representation.validator_headers, *self._cache_headers()))
        elif outcome is Outcome.PRECONDITION_FAILED:
            await send_empty(send, 412, ((b"content-length", b"0"), *representation.security_headers))
        elif scope["method"] == "HEAD":
            await send_empty(send, 200, self._full_headers(scope))
        elif (ranges := self._requested_ranges(headers)) == ():
            size = (b"content-range", b"bytes */%d" % representation.size)
            await send_empty(send, 416, ((b"content-length", b"0"), size, *representation.security_headers))
        elif self._accel and self._in_memory is None and is_left_to_nginx(headers, ranges):
            await self._redirect(self._accel, scope, send)
        elif ranges is None:
            await self._send_whole(scope, receive, send)
        else:
            await self._send_ranges(ranges, scope, receive, send)

    @property
    def is_in_memory(self) -> bool:
        """Whether the whole content is in memory."""
        return self._in_memory is not None

    def whole(self, scope: Scope) -> tuple[Headers, bytes]:
        """Return headers and content of the 200 for a GET without conditions and ranges. The content is in memory."""
        return self._full_headers(scope), self._in_memory or b""

    def _requested_ranges(self, headers: dict[str, str]) -> tuple[ByteRange, ...] | None:
        if "range" not in headers or not range_applies(headers, self._representation):
            return None
        return parse_range(headers["range"], self._representation.size)

    async def _redirect(self, accel: Accel, scope: Scope, send: Send) -> None:
        """Let nginx send the file, or the range of it that the request names."""
        representation = self._representation
        content = ((b"content-type", representation.content_type), (b"content-length", b"0"))
        headers = (*content, *representation.security_headers, *accel.rename(representation.validator_headers))
        more = (_content_disposition(representation, scope), (b"x-accel-redirect", accel.uri))
        await send_empty(send, 200, (*headers, *more, *self._cache_headers()))

    async def _send_whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send from memory or the page cache if possible, else let the server send the path if it can, else chunks."""
        headers = self._full_headers(scope)
        path = self._content if isinstance(self._content, Path) else None
        content = self._in_memory
        if content is None and path:
            content = read_cached(path, self._representation.size)
        if content is not None:
            await send_bytes(send, 200, headers, content)
        elif path and "http.response.pathsend" in (scope.get("extensions") or {}):
            await send_path(send, 200, headers, str(path))
        else:
            await send_stream(self._read(0, self._representation.size), 200, headers, receive, send)

    async def _send_ranges(self, ranges: tuple[ByteRange, ...], scope: Scope, receive: Receive, send: Send) -> None:
        representation = self._representation
        framing: Headers
        if len(ranges) == 1:
            (only,) = ranges
            content_range = (b"content-range", only.content_range(representation.size))
            length = (b"content-length", b"%d" % only.length)
            framing = ((b"content-type", representation.content_type), length, content_range)
            chunks = self._read(*only)
        else:
            body = MultipartByteRanges(ranges, content_type=representation.content_type, size=representation.size)
            framing = ((b"content-type", body.content_type), (b"content-length", b"%d" % body.length))
            chunks = body.chunks(self._read)
        disposition = _content_disposition(representation, scope)
        headers = (*framing, *representation.security_headers, *representation.validator_headers, disposition)
        await send_stream(chunks, 206, headers, receive, send)

    def _full_headers(self, scope: Scope) -> Headers:
        disposition = _content_disposition(self._representation, scope)
        return (*self._representation.full_headers, disposition, *self._cache_headers())

    def _cache_headers(self) -> RawHeaders:
        return self._accel.cache_headers() if self._accel else ()

    def _read(self, start: int, length: int) -> AsyncIterator[bytes]:
        read = range_reader(self._content) if isinstance(self._content, Path) else self._content
        return read(start, length)


def _conditional_headers(scope: Scope) -> dict[str, str]:
    """Return the request's Range and conditional headers; the values of a repeated one are joined to one list."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in CONDITIONAL_HEADERS:
            key, text = name.decode(), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _content_disposition(representation: Representation, scope: Scope) -> tuple[bytes, bytes]:
    query = scope["query_string"]
    download = b"download" in query and any(pair.partition(b"=")[0] == b"download" for pair in query.split(b"&"))
    value = representation.attachment_disposition if download else representation.inline_disposition
    return b"content-disposition", value
