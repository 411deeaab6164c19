"""An application with upload endpoints, served by Granian in the tests."""

from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath

from mediatheque.errors import LibraryError
from mediatheque.http.middleware.request import RequestConfig, RequestMiddleware
from mediatheque.http.upload.bodies import FormBody, RawBody

MIB = 1024 * 1024
_raised: list[str] = []


class DroppingSink:
    def __init__(self) -> None:
        self.size = 0

    async def write(self, chunk: bytes | memoryview) -> None:
        self.size += len(chunk)


@post("/refuse/{status:int}")
async def refuse(status: FromPath[int]) -> Response[str]:
    """Refuse without reading the body, as a guard does."""
    return Response("refused", status_code=status, media_type="text/plain")


@post("/form")
async def form(request: Request[Any, Any, Any]) -> str:
    sink = DroppingSink()
    declared = await FormBody(request, limit=10 * MIB).stream_to(sink)
    return f"{declared.name} {sink.size}"


@post("/raw")
async def raw_body(request: Request[Any, Any, Any]) -> str:
    sink = DroppingSink()
    await RawBody(request, name=None, limit=128 * MIB).stream_to(sink)
    return str(sink.size)


@get("/raised")
async def raised() -> str:
    """Return the names of the errors raised since the last call, and clear them."""
    said = " ".join(_raised)
    _raised.clear()
    return said


def render(_: Request[Any, Any, Any], error: LibraryError) -> Response[str]:
    _raised.append(type(error).__name__)
    return Response(type(error).__name__, status_code=400, media_type="text/plain")


_uploads = Litestar(
    [refuse, form, raw_body, raised],
    exception_handlers={LibraryError: render},
    request_max_body_size=None,
    openapi_config=None,
    logging_config=None,
)
app = RequestMiddleware(_uploads, RequestConfig(body_idle_seconds=30, access_log=False))
impatient = RequestMiddleware(_uploads, RequestConfig(body_idle_seconds=0.5, access_log=False))
