"""Liveness and readiness probes."""

import msgspec

from mediatheque.dialects.native.endpoint import get
from mediatheque.http.context import AppRequest


class Health(msgspec.Struct, frozen=True):
    """The answer of a probe."""

    status: str


@get("/healthz", scope=None)
async def healthz(_: AppRequest) -> Health:
    """Tell whether this process is alive."""
    return Health("alive")


@get("/readyz", scope=None)
async def readyz(request: AppRequest) -> Health:
    """Tell whether the database and the blob store answer."""
    await request.library.ready()
    return Health("ready")


ROUTES = (healthz, readyz)
