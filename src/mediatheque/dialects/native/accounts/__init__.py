"""Keys and workspaces in the native API."""

from mediatheque.dialects.native.accounts import keys, workspaces

ROUTES = (*keys.ROUTES, *workspaces.ROUTES)
