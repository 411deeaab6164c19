"""Assets in the native API: update, change many, versions, trash."""

from mediatheque.dialects.native.catalog import bulk, folders, tags, trash, update, versions

ROUTES = (*update.ROUTES, *bulk.ROUTES, *trash.ROUTES, *versions.ROUTES, *tags.ROUTES, *folders.ROUTES)
