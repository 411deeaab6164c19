"""A short cut past the framework for files that were asked for a moment ago.

The framework takes as long over such a request as the sending of it. Whatever is not plainly a hit (another method, a
file not looked up within the last second, any error) goes the ordinary way, through the route that serves files.
"""

from uuid import UUID

from mediatheque.errors import LibraryError
from mediatheque.http.asgi import App, Message, Receive, Scope, Send
from mediatheque.http.files.cache import FileCache
from mediatheque.http.urls import FILES

_PREFIX = f"{FILES}/"
_HEX = 32


class FastPath:
    """Wraps the framework's application."""

    def __init__(self, app: App, file_cache: FileCache) -> None:
        self._app = app
        self._file_cache = file_cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the shelf, or pass the request on."""
        id = _file_id(scope) if scope["type"] == "http" else None
        response = self._file_cache.get_cached(id) if id else None
        if id is None or response is None:
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await response(scope, receive, sending)
        except LibraryError:
            self._file_cache.invalidate(id)
            if started:
                raise
            await self._app(scope, receive, send)


def _file_id(scope: Scope) -> UUID | None:
    """The id in `/files/b/<32 hex>/<name>` of a GET or HEAD; None for anything else."""
    path: str = scope["path"]
    if scope["method"] not in ("GET", "HEAD") or not path.startswith(_PREFIX):
        return None
    id, _, name = path[len(_PREFIX) :].partition("/")
    if len(id) != _HEX or not name or "/" in name:
        return None
    try:
        return UUID(hex=id)
    except ValueError:
        return None
