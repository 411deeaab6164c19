"""GET /api/openapi.json and GET /docs/api, its page for people."""

import asyncio
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from litestar import Response
from litestar import get as get_page
from litestar.handlers import HTTPRouteHandler

from mediatheque.dialects.native.endpoint import get, operation_of
from mediatheque.dialects.native.openapi.document import build_document
from mediatheque.dialects.native.reference.page import SECURITY_HEADERS, reference_page
from mediatheque.http.context import AppRequest
from mediatheque.http.json_response import EncodedResponse


def document_routes(described: Sequence[HTTPRouteHandler]) -> tuple[HTTPRouteHandler, ...]:
    """Return the routes of the document, which describes the operations among the given routes and itself.

    Document and page are made when they are asked for first, on a thread: that takes a tenth of a second.
    """

    @cache
    def document() -> dict[str, Any]:
        routes = (*described, openapi_document)
        return build_document([operation for route in routes if (operation := operation_of(route))])

    encoded = cache(lambda: msgspec.json.encode(document()))
    page = cache(lambda: reference_page(document()))

    @get("/api/openapi.json", scope=None, tag="openapi")
    async def openapi_document(_: AppRequest) -> EncodedResponse:
        """Get this document."""
        return EncodedResponse(200, await asyncio.to_thread(encoded))

    @get_page("/docs/api")
    async def api_reference() -> Response[str]:
        """GET /docs/api: an HTML page; no API key needed."""
        return Response(await asyncio.to_thread(page), media_type="text/html", headers=SECURITY_HEADERS)

    return openapi_document, api_reference
