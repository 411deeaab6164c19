"""The ASGI application: one router per dialect, behind CorsMiddleware and RequestMiddleware."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, HTTPScope

from mediatheque.compose import build_library
from mediatheque.config import Config
from mediatheque.dialects import DIALECTS, error_format_for
from mediatheque.http.context import AppRequest, Context
from mediatheque.http.files.cache import FileCache
from mediatheque.http.files.fast_path import FastPath
from mediatheque.http.files.memory_path import MemoryPath
from mediatheque.http.forwarded import TrustedProxies
from mediatheque.http.json_response import JsonResponse
from mediatheque.http.metrics import Metrics
from mediatheque.http.middleware.connections import ConnectionWatch
from mediatheque.http.middleware.cors import CorsMiddleware
from mediatheque.http.middleware.head import HeadMiddleware
from mediatheque.http.middleware.request import RequestMiddleware
from mediatheque.http.rate_limit import RateLimiter
from mediatheque.http.urls import Origins
from mediatheque.processes.imports import absent


def build(config: Config) -> ASGIApp:
    """Build the application over the configured database and store."""
    context = _context(config)
    litestar = _router(context)
    routes = HeadMiddleware(FastPath(litestar, context.file_cache))
    requests = RequestMiddleware(routes, config.request, on_finish=_observer(context.metrics))
    app: ASGIApp
    if config.cors.origins:
        cors = CorsMiddleware(requests, config.cors)
        app = MemoryPath(cors, context.file_cache, requests, cors.response_headers)
    else:
        app = MemoryPath(requests, context.file_cache, requests)
    return ConnectionWatch(app, port=config.port, limit=config.max_connections)


def _router(context: Context) -> Litestar:
    with absent("pydantic", "attr", "attrs"):  # no route uses litestar's plugins for them
        return Litestar(
            route_handlers=[router for dialect in DIALECTS for router in dialect.routers],
            state=State({"context": context}),
            request_class=AppRequest,
            response_class=JsonResponse,
            exception_handlers={
                Exception: _answer_unrouted,
                HTTPException: _answer_unrouted,
            },
            lifespan=[lambda _: _lifespan(context)],
            openapi_config=None,
            debug=False,  # by default variables of the environment decide, and answers could show local variables
            pdb_on_exception=False,
            logging_config=None,
        )


def _context(config: Config) -> Context:
    library = build_library(config)
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Context(
        library=library,
        origins=Origins(config.public_url, TrustedProxies(config.trusted_proxies)),
        rate_limiter=RateLimiter(config.rate),
        file_cache=FileCache(library, config.accel_redirect),
        metrics=Metrics(Path(folder) if folder else None),
        fetch=config.fetch,
        max_upload_bytes=config.max_upload_bytes,
    )


@asynccontextmanager
async def _lifespan(context: Context) -> AsyncIterator[None]:
    await context.library.open()
    try:
        yield
    finally:
        context.metrics.flush()
        await context.rate_limiter.close()
        await context.library.close()


def _answer_unrouted(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer a request that matched no route (404, 405) in the error format of its path."""
    return error_format_for(request.scope["path"]).handle(request, error)


def _observer(metrics: Metrics) -> Any:
    def observe(scope: HTTPScope, status: int, seconds: float) -> None:
        metrics.observe(scope["method"], error_format_for(scope["path"]).name, status, seconds)

    return observe
