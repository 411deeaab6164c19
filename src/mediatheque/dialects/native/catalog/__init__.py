"""Assets in the native API: update, change many, versions, trash."""

from mediatheque.dialects.native.catalog import bulk, trash, update, versions

ROUTES = (*update.ROUTES, *bulk.ROUTES, *trash.ROUTES, *versions.ROUTES)
