"""Metrics for Prometheus."""

from litestar import Response

from mediatheque.dialects.native.endpoint import get
from mediatheque.errors import Unavailable
from mediatheque.http.context import AppRequest
from mediatheque.http.metrics import CONTENT_TYPE


@get("/metrics", scope=None, produces=("text/plain",))
async def metrics(request: AppRequest) -> Response[bytes]:
    """Get the metrics of this server, in Prometheus' text format.

    The depths of the task queue are left out while the database is unavailable.
    """
    try:
        queue_depths = await request.library.tasks.depths()
    except Unavailable:
        queue_depths = {}
    return Response(request.context.metrics.render(queue_depths), media_type=CONTENT_TYPE)


ROUTES = (metrics,)
