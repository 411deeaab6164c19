"""multipart/byteranges (RFC 9110 section 14.6): several spans of one file in one answer."""

import secrets
from collections.abc import AsyncIterator

from mediatheque.http.files.local_reads import RangeReader
from mediatheque.http.files.ranges import ByteRange
from mediatheque.http.send import closing


class MultipartByteRanges:
    """The body of one such answer. `length` is its size in bytes, known before anything is read."""

    def __init__(self, spans: tuple[ByteRange, ...], *, content_type: bytes, size: int) -> None:
        boundary = secrets.token_hex(16).encode()
        self._spans = spans
        self._heads = [self._part_header(boundary, content_type, span, size) for span in spans]
        self._tail = b"\r\n--%s--\r\n" % boundary
        self.content_type = b"multipart/byteranges; boundary=" + boundary
        self.length = sum(map(len, self._heads)) + sum(span.length for span in spans) + len(self._tail)

    async def chunks(self, read: RangeReader) -> AsyncIterator[bytes]:
        """Headers and spans in turn. Nothing comes before the first bytes of the first span are there."""
        for head, span in zip(self._heads, self._spans, strict=True):
            async with closing(read(span.start, span.length)) as content:
                first = await anext(content, b"")
                yield head
                yield first
                async for piece in content:
                    yield piece
        yield self._tail

    @staticmethod
    def _part_header(boundary: bytes, content_type: bytes, span: ByteRange, size: int) -> bytes:
        where = span.content_range(size)
        return b"\r\n--%s\r\ncontent-type: %s\r\ncontent-range: %s\r\n\r\n" % (boundary, content_type, where)
