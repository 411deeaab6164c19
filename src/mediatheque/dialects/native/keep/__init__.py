"""Keeping what other services make: keeps, hooks, and the services' keys."""

from mediatheque.dialects.native.keep import hooks, keeps, provider_keys

ROUTES = (*keeps.ROUTES, *hooks.ROUTES, *provider_keys.ROUTES)
