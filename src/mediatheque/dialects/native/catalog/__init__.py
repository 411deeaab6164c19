"""Assets in the native API: change, versions, trash."""

from mediatheque.dialects.native.catalog import trash, versions

ROUTES = (*trash.ROUTES, *versions.ROUTES)
