"""Mediatheque's own API: assets, search, lineage, keeps, keys, workspaces under `/api`; files, health and metrics."""

from mediatheque.dialects.native import (
    accounts,
    assets,
    catalog,
    collections,
    files,
    health,
    keep,
    lineage,
    metrics,
    search,
    uploads,
)
from mediatheque.dialects.native.errors import ERRORS
from mediatheque.dialects.native.openapi.routes import document_routes
from mediatheque.http.dialect import Dialect, router

ROUTES = (
    *assets.ROUTES,
    *catalog.ROUTES,
    *uploads.ROUTES,
    *search.ROUTES,
    *collections.ROUTES,
    *lineage.ROUTES,
    *keep.ROUTES,
    *files.ROUTES,
    *health.ROUTES,
    *metrics.ROUTES,
    *accounts.ROUTES,
)

DIALECT = Dialect(
    name="native",
    routers=(router(ERRORS, [*ROUTES, *document_routes(ROUTES)]),),
    error_formats=(ERRORS,),
)
