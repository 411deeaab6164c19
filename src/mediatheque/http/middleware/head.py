"""HEAD for every route that answers GET: the same status and headers, and no content (RFC 9110 section 9.3.2)."""

from collections.abc import Awaitable

from mediatheque.http.asgi import App, Message, Receive, Scope, Send
from mediatheque.http.urls import FILES

_FILES = f"{FILES}/"


class HeadMiddleware:
    """A wrapper of the framework's application, which answers HEAD of a route for GET with 405.

    It gets such a request as a GET. The route of stored files has its own HEAD, which opens no file.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one request."""
        method = scope["method"] if scope["type"] == "http" else ""
        if method == "HEAD":
            if not scope["path"].startswith(_FILES):
                scope = {**scope, "method": "GET"}
            send = _without_content(send)
        elif method == "OPTIONS":
            send = _with_head_allowed(send)
        return self._app(scope, receive, send)


def allow_head(methods: str) -> str:
    """Add HEAD to the value of an Allow header that has GET."""
    names = [name.strip() for name in methods.split(",")]
    return methods if "HEAD" in names or "GET" not in names else ", ".join([*names, "HEAD"])


def _without_content(send: Send) -> Send:
    ended = False

    async def send_headers(message: Message) -> None:
        nonlocal ended
        if message["type"] == "http.response.start":
            await send(message)
        elif not ended:
            ended = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_headers


def _with_head_allowed(send: Send) -> Send:
    async def send_allow(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, allow_head(value.decode("latin-1")).encode("latin-1") if name.lower() == b"allow" else value)
                for name, value in message["headers"]
            ]
            message = {**message, "headers": headers}
        await send(message)

    return send_allow
