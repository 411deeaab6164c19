"""Metrics for Prometheus."""

from typing import Any

from litestar import Request, Response, get

from mediatheque.errors import Unavailable
from mediatheque.http.context import context_of
from mediatheque.http.metrics import CONTENT_TYPE
from mediatheque.library.tasks import depths


@get("/metrics")
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """GET /metrics. The depths of the task queue are left out while the database is unavailable."""
    context = context_of(request)
    try:
        waiting = await depths(context.library.database)
    except Unavailable:
        waiting = {}
    return Response(context.metrics.render(waiting), media_type=CONTENT_TYPE)


ROUTES = (metrics,)
