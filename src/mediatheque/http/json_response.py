"""The response of a route that returns data."""

from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse

from mediatheque.http.asgi import RawHeaders, Receive, Scope, Send
from mediatheque.http.send import send_bytes, send_empty

_MEDIA_TYPE = "application/json"
_CONTENT_TYPE = (b"content-type", _MEDIA_TYPE.encode())


class JsonResponse(Response[Any]):
    """Data as JSON. Litestar makes one of whatever a route returns that is not a response itself."""

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """Encode the data. Without data, or as another type, leave it to Litestar."""
        if self.content is None or self.status_code is None or self.media_type != _MEDIA_TYPE:
            return super().to_asgi_response(*args, **options)
        return EncodedResponse(self.status_code, self.render(self.content, _MEDIA_TYPE))


class EncodedResponse(ASGIResponse):
    """Encoded JSON, sent in two messages without the objects that Litestar makes for headers and cookies.

    An empty body is no content: a 204 or 304.
    """

    __slots__ = ("fields",)

    def __init__(self, status: int, body: bytes, fields: RawHeaders = ()) -> None:
        self.status_code = status
        self.body = body
        self.fields = fields

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        if not self.body:
            await send_empty(send, self.status_code, self.fields)
            return
        length = (b"content-length", b"%d" % len(self.body))
        await send_bytes(send, self.status_code, (_CONTENT_TYPE, length, *self.fields), self.body)
