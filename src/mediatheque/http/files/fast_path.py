"""A path around the framework for GET and HEAD of files that are in the cache.

The framework costs as much as sending a small file does. Everything else (another method, a file that is not cached,
an error) goes through the framework to the route that serves files.
"""

from collections.abc import Awaitable
from uuid import UUID

from mediatheque.errors import LibraryError
from mediatheque.http.asgi import App, Message, Receive, Scope, Send
from mediatheque.http.files.cache import FileCache
from mediatheque.http.files.response import FileResponse
from mediatheque.http.urls import FILES

_PREFIX = f"{FILES}/"
_HEX_DIGITS = 32


class FastPath:
    """A wrapper of the framework's application."""

    def __init__(self, app: App, file_cache: FileCache) -> None:
        self._app = app
        self._file_cache = file_cache

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve the file from the cache, or pass the request to the framework."""
        hex_id = file_id(scope) if scope["type"] == "http" else None
        response = self._file_cache.get_cached(hex_id) if hex_id else None
        if hex_id is None or response is None:
            return self._app(scope, receive, send)
        return self._serve(hex_id, response, scope, receive, send)

    async def _serve(self, hex_id: str, response: FileResponse, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        def send_and_note(message: Message) -> Awaitable[None]:
            nonlocal started
            started = True
            return send(message)

        try:
            await response(scope, receive, send_and_note)
        except LibraryError:
            self._file_cache.invalidate(UUID(hex_id))
            if started:
                raise
            await self._app(scope, receive, send)


def file_id(scope: Scope) -> str | None:
    """Return the id in `/files/b/<32 hex>/<name>` of a GET or HEAD; None for any other request."""
    path: str = scope["path"]
    if not path.startswith(_PREFIX) or scope["method"] not in ("GET", "HEAD"):
        return None
    id, _, name = path[len(_PREFIX) :].partition("/")
    return id if len(id) == _HEX_DIGITS and name and "/" not in name else None
