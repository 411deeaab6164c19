"""Assets in the native API: change, trash."""

from mediatheque.dialects.native.catalog import trash

ROUTES = trash.ROUTES
