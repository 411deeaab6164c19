"""Keys, workspaces, quotas, usage and the audit log in the native API."""

from mediatheque.dialects.native.accounts import audit, keys, usage, workspaces

ROUTES = (*keys.ROUTES, *workspaces.ROUTES, *usage.ROUTES, *audit.ROUTES)
