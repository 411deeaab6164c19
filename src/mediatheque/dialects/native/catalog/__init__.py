"""Assets in the native API: change many, versions, trash."""

from mediatheque.dialects.native.catalog import bulk, trash, versions

ROUTES = (*bulk.ROUTES, *trash.ROUTES, *versions.ROUTES)
