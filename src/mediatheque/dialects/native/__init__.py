"""Mediatheque's own API: assets, search and lineage under `/api`; stored files, health and metrics."""

from mediatheque.dialects.native import assets, files, health, lineage, metrics, search
from mediatheque.dialects.native.errors import ERRORS
from mediatheque.http.dialect import Dialect, router

DIALECT = Dialect(
    name="native",
    routers=(
        router(
            ERRORS,
            [
                *assets.ROUTES,
                *search.ROUTES,
                *lineage.ROUTES,
                *files.ROUTES,
                *health.ROUTES,
                *metrics.ROUTES,
            ],
        ),
    ),
    error_formats=(ERRORS,),
)
