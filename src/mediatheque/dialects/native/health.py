"""Liveness and readiness probes."""

from litestar import get

from mediatheque.http.context import AppRequest


@get("/healthz")
async def healthz() -> dict[str, str]:
    """GET /healthz: 200 while this process is alive."""
    return {"status": "alive"}


@get("/readyz")
async def readyz(request: AppRequest) -> dict[str, str]:
    """GET /readyz: 200 if the database and the blob store answer, else 503."""
    await request.library.ready()
    return {"status": "ready"}


ROUTES = (healthz, readyz)
