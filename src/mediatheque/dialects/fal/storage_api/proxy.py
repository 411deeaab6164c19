"""fal's proxy mode: every request goes to one URL and gives the real one in a header."""

from typing import Any
from urllib.parse import unquote, urlsplit

from litestar import asgi
from litestar.types import Receive, Scope, Send

from mediatheque.errors import Invalid

_TARGET = b"x-fal-target-url"
_PARAM = "X-Fal-Target-Url"
_HOSTS = ("fal.ai", "fal.media")
_PATHS = ("/storage/", "/files/upload", "/v1/assets", "/v1/storage/")
_ASGI = ("type", "asgi", "http_version", "method", "scheme", "root_path", "headers", "client", "server", "extensions")


@asgi("/api/fal/proxy", copy_scope=True)
async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
    """Any method on /api/fal/proxy: answer the fal operation that X-Fal-Target-Url names.

    [observed] The path is the default of fal's client. The target operation requires its key as usual.
    """
    await scope["litestar_app"](_target_scope(scope), receive, send)


def _target_scope(scope: Scope) -> Any:
    """Build the scope of the target request. Raises `Invalid` when the header is not the URL of a fal operation."""
    text = next((value for name, value in scope["headers"] if name == _TARGET), b"").decode("latin-1")
    try:
        target = urlsplit(text)
        host = target.hostname or ""
    except ValueError:
        raise Invalid(f"{_PARAM} is not a URL.", param=_PARAM) from None
    is_fal = target.scheme in ("https", "http") and any(host == name or host.endswith(f".{name}") for name in _HOSTS)
    if not is_fal or not target.path.startswith(_PATHS):
        raise Invalid(f"{_PARAM} does not name an operation that this server offers.", param=_PARAM)
    given: Any = scope
    return {
        **{name: given[name] for name in _ASGI if name in given},
        "state": given["state"],
        "path": unquote(target.path),
        "raw_path": target.path.encode(),
        "query_string": target.query.encode(),
    }


ROUTES = (proxy,)
