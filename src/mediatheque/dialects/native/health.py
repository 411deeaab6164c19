"""Liveness and readiness probes."""

from typing import Any

from litestar import Request, get

from mediatheque.http.context import context_of


@get("/healthz")
async def healthz() -> dict[str, str]:
    """GET /healthz: 200 while this process is alive."""
    return {"status": "alive"}


@get("/readyz")
async def readyz(request: Request[Any, Any, Any]) -> dict[str, str]:
    """GET /readyz: 200 if the database and the blob store answer, else 503."""
    await context_of(request).library.ready()
    return {"status": "ready"}


ROUTES = (healthz, readyz)
