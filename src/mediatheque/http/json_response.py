"""The response of a route that returns data."""

from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse

from mediatheque.http.asgi import Receive, Scope, Send
from mediatheque.http.send import send_bytes

_MEDIA_TYPE = "application/json"
_CONTENT_TYPE = (b"content-type", _MEDIA_TYPE.encode())


class JsonResponse(Response[Any]):
    """Data as JSON. Litestar makes one of whatever a route returns that is not a response itself."""

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """Encode the data. Without data, or as another type, leave it to Litestar."""
        if self.content is None or self.status_code is None or self.media_type != _MEDIA_TYPE:
            return super().to_asgi_response(*args, **options)
        return _Encoded(self.status_code, self.render(self.content, _MEDIA_TYPE))


class _Encoded(ASGIResponse):
    """Sends bytes in two messages, without the objects that Litestar makes for headers and cookies."""

    __slots__ = ()

    def __init__(self, status: int, body: bytes) -> None:
        self.status_code = status
        self.body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        length = (b"content-length", b"%d" % len(self.body))
        await send_bytes(send, self.status_code, (_CONTENT_TYPE, length), self.body)
