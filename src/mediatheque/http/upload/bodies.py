"""Where the intake pours from: a request's whole body, or the one file of its form.

Both read the server's messages themselves: the framework's `request.stream()` makes an internal error of a
client that hung up.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from litestar import Request

from mediatheque.errors import BodyIncomplete, Malformed, TooLarge
from mediatheque.http.asgi import Receive
from mediatheque.http.content_disposition import parse
from mediatheque.http.upload.form import Form
from mediatheque.http.upload.multipart import Parser
from mediatheque.library.ingest.request import ByteSink
from mediatheque.model import DeclaredMetadata

FORM_OVERHEAD = 1024 * 1024
"""Bytes a form may have beyond its file: boundaries, headers, text fields, unknown parts."""

_DIGITS = 18


async def chunks(receive: Receive) -> AsyncIterator[bytes]:
    """The body as it comes, without empty pieces. Raises BodyIncomplete when the client hangs up."""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyIncomplete
        if body := message.get("body"):
            yield body
        more = message.get("more_body", False)


class RawBody:
    """The whole body is the file, of at most `limit` bytes; its name is whatever the caller knows."""

    def __init__(self, request: Request[Any, Any, Any], *, name: str | None, limit: int) -> None:
        self._request = request
        self._name = name
        self._limit = limit

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Raises TooLarge (before reading, if declared), BodyIncomplete, BodyTooSlow, Malformed."""
        _check_declared(self._request, self._limit, overhead=0)
        poured = 0
        async for chunk in chunks(self._request.receive):
            poured += len(chunk)
            if poured > self._limit:
                raise TooLarge(self._limit)
            await sink.write(chunk)
        return DeclaredMetadata(name=self._name, type=parse(_content_type(self._request))[0] or None)


class FormBody:
    """A form with exactly one file part and some text fields, in any order.

    `text_fields` maps the names of the text fields to their longest length in characters. Unknown parts are
    read and dropped. `limit` is for the file; the whole form may have `FORM_OVERHEAD` bytes more.
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

    async def stream_to(self, sink: ByteSink) -> DeclaredMetadata:
        """Raises Malformed, Invalid (naming the field), TooLarge, BodyIncomplete, BodyTooSlow.

        What was written to the sink before an error is the sink's owner's to discard.
        """
        form = Form(self._file_field, self._text_fields, self._limit, sink)
        parser = Parser(_content_type(self._request))
        _check_declared(self._request, self._limit, overhead=FORM_OVERHEAD)
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


def _check_declared(request: Request[Any, Any, Any], limit: int, *, overhead: int) -> None:
    """Refuses by Content-Length before a byte is read; the count while reading decides in the end."""
    declared = request.headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit()):
        raise Malformed("Content-Length is not a whole number.")
    if len(declared.lstrip("0")) > _DIGITS or int(declared) > limit + overhead:
        raise TooLarge(limit)
