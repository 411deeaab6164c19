"""multipart/byteranges (RFC 9110 section 14.6): several ranges of one file in one response."""

import secrets
from collections.abc import AsyncIterator

from mediatheque.http.files.ranges import ByteRange
from mediatheque.http.send import closing
from mediatheque.library.catalog.files import RangeReader


class MultipartByteRanges:
    """The body of one such response. `length` is its size in bytes, known before the file is read."""

    def __init__(self, ranges: tuple[ByteRange, ...], *, content_type: bytes, size: int) -> None:
        boundary = secrets.token_hex(16).encode()
        self._ranges = ranges
        self._part_headers = [self._part_header(boundary, content_type, each, size) for each in ranges]
        self._end = b"\r\n--%s--\r\n" % boundary
        self.content_type = b"multipart/byteranges; boundary=" + boundary
        self.length = sum(map(len, self._part_headers)) + sum(each.length for each in ranges) + len(self._end)

    async def chunks(self, read: RangeReader) -> AsyncIterator[bytes]:
        """Yield the header and the content of each part. The first bytes of the file are read before anything is
        yielded, so that a read error is raised while the response can still be an error.
        """
        for header, each in zip(self._part_headers, self._ranges, strict=True):
            async with closing(read(each.start, each.length)) as content:
                first = await anext(content, b"")
                yield header
                yield first
                async for chunk in content:
                    yield chunk
        yield self._end

    @staticmethod
    def _part_header(boundary: bytes, content_type: bytes, byte_range: ByteRange, size: int) -> bytes:
        content_range = byte_range.content_range(size)
        return b"\r\n--%s\r\ncontent-type: %s\r\ncontent-range: %s\r\n\r\n" % (boundary, content_type, content_range)
