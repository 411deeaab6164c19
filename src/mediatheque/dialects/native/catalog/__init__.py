"""Assets in the native API: update, change many, versions, duplicates, trash; tags and folders."""

from mediatheque.dialects.native.catalog import bulk, duplicates, folders, tags, trash, update, versions

ROUTES = (
    *update.ROUTES,
    *bulk.ROUTES,
    *trash.ROUTES,
    *versions.ROUTES,
    *duplicates.ROUTES,
    *tags.ROUTES,
    *folders.ROUTES,
)
