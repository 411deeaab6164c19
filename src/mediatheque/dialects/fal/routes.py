"""The operations of fal's Assets API, together."""

from mediatheque.dialects.fal.assets_api import assets, browse, favorites, lineage, tagging, tags
from mediatheque.dialects.fal.collections_api import characters, collections, nesting
from mediatheque.dialects.fal.errors import PLATFORM
from mediatheque.http.dialect import router

ROUTER = router(
    PLATFORM,
    [
        *assets.ROUTES,
        *browse.ROUTES,
        *favorites.ROUTES,
        *lineage.ROUTES,
        *tags.ROUTES,
        *tagging.ROUTES,
        *collections.ROUTES,
        *nesting.ROUTES,
        *characters.ROUTES,
    ],
)
