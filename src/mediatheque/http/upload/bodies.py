"""The bodies of uploads: a request's whole body, or the one file of its form.

Both read the server's messages themselves: the framework's `request.stream()` answers a client that hung up with an
internal error.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from litestar import Request

from mediatheque.errors import BodyIncomplete, FormRequired, TooLarge
from mediatheque.http.asgi import Receive, content_length
from mediatheque.http.content_disposition import parse
from mediatheque.http.upload.form import Form
from mediatheque.http.upload.multipart import Parser
from mediatheque.library.ingest.request import ByteSink
from mediatheque.model import DeclaredMetadata

FORM_OVERHEAD = 1024 * 1024
"""Bytes a form may have beyond its file: boundaries, headers, text fields, unknown parts."""


async def chunks(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the body as it comes, without empty chunks. Raises `BodyIncomplete` when the client hangs up."""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyIncomplete
        if body := message.get("body"):
            yield body
        more = message.get("more_body", False)


class LimitedSink:
    """A sink that passes at most `limit` bytes on. `param` names the form field that holds the bytes."""

    def __init__(self, sink: ByteSink, limit: int, *, param: str | None = None) -> None:
        self._sink = sink
        self._limit = limit
        self._param = param
        self._received = 0

    async def write(self, chunk: bytes | memoryview) -> None:
        """Pass the chunk on. Raises `TooLarge` when it exceeds the limit."""
        self._received += len(chunk)
        if self._received > self._limit:
            raise TooLarge(self._limit, param=self._param)
        await self._sink.write(chunk)


class RawBody:
    """A request whose whole body is the file, of at most `limit` bytes. `name` is what the caller knows of its name."""

    def __init__(self, request: Request[Any, Any, Any], *, name: str | None, limit: int) -> None:
        self._request = request
        self._name = name
        self._limit = limit

    @property
    def min_size(self) -> int:
        """The Content-Length, 0 without one."""
        return content_length(self._request.scope["headers"]) or 0

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Write the body to the sink and return its metadata.

        Raises `TooLarge` (before reading, if Content-Length says so), `BodyIncomplete`, `BodyTooSlow` and `Malformed`.
        """
        _check_content_length(self._request, self._limit, overhead=0)
        limited = LimitedSink(sink, self._limit)
        async for chunk in chunks(self._request.receive):
            await limited.write(chunk)
        return DeclaredMetadata(name=self._name, type=parse(_content_type(self._request))[0] or None)


class FormBody:
    """A form with exactly one file part and some text fields, in any order.

    `text_fields` maps the names of the text fields to their maximum length in characters. Unknown parts are read and
    dropped. `limit` is for the file; the whole form may have `FORM_OVERHEAD` bytes more.
    """

    def __init__(
        self,
        request: Request[Any, Any, Any],
        *,
        file_field: str = "file",
        text_fields: Mapping[str, int] | None = None,
        limit: int,
    ) -> None:
        self._request = request
        self._file_field = file_field
        self._text_fields = text_fields or {}
        self._limit = limit

    @property
    def min_size(self) -> int:
        """The Content-Length less all that a form may have beyond its file, 0 without one."""
        return max(0, (content_length(self._request.scope["headers"]) or 0) - FORM_OVERHEAD)

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Write the file to the sink and return what the form says of it.

        Raises `Malformed`, `Invalid` (naming the field), `TooLarge`, `BodyIncomplete` and `BodyTooSlow`. The owner of
        the sink discards what was written to it before an error.
        """
        form = Form(self._file_field, self._text_fields, LimitedSink(sink, self._limit, param=self._file_field))
        if parse(_content_type(self._request))[0] != "multipart/form-data":
            raise FormRequired(param=self._file_field)
        parser = Parser(_content_type(self._request))
        _check_content_length(self._request, self._limit, overhead=FORM_OVERHEAD, param=self._file_field)
        total = 0
        with parser:
            async for chunk in chunks(self._request.receive):
                total += len(chunk)
                if total > self._limit + FORM_OVERHEAD:
                    raise TooLarge(self._limit, param=self._file_field)
                for event in parser.feed(chunk):
                    await form.feed(event)
        return form.declared()


def _content_type(request: Request[Any, Any, Any]) -> str:
    return request.headers.get("content-type", "")


def _check_content_length(
    request: Request[Any, Any, Any], limit: int, *, overhead: int, param: str | None = None
) -> None:
    """Raise `TooLarge` before a byte is read if Content-Length exceeds the limit. A chunked body has none."""
    if (content_length(request.scope["headers"]) or 0) > limit + overhead:
        raise TooLarge(limit, param=param)
