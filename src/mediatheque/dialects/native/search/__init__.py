"""Finding assets: lists, searches, similar assets and facets."""

from mediatheque.dialects.native.search import facets, lists, search, similar

ROUTES = (*lists.ROUTES, *search.ROUTES, *similar.ROUTES, *facets.ROUTES)
