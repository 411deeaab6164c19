"""fal: the Assets API under `/v1/assets` and the storage protocol that fal's clients upload with.

The two answer errors differently: the Assets API as `{error: {type, message}}`, the storage protocol as `{detail}`.
Facts: docs/wire/fal.md.
"""

from mediatheque.dialects.fal.assets_api import asset_tags, assets, browse, favorites, lineage, tags
from mediatheque.dialects.fal.collections_api import characters, collections, hierarchy, members
from mediatheque.dialects.fal.errors import PLATFORM, PLATFORM_STORAGE, STORAGE
from mediatheque.dialects.fal.storage_api import access, multipart, proxy, storage
from mediatheque.http.dialect import Dialect, ExampleUpload, router

_ASSETS_API = (
    *assets.ROUTES,
    *browse.ROUTES,
    *favorites.ROUTES,
    *lineage.ROUTES,
    *tags.ROUTES,
    *asset_tags.ROUTES,
    *collections.ROUTES,
    *hierarchy.ROUTES,
    *members.ROUTES,
    *characters.ROUTES,
)
_STORE = "curl -sS {base}/files/upload -H 'Authorization: Key {key}' -H 'Content-Type: image/png' --data-binary @{file}"
_REGISTER = (
    "curl -sS {base}/v1/assets/uploads -H 'Authorization: Key {key}' -H 'Content-Type: application/json' "
    r"""-d "{\"type\":\"image\",\"url\":$(""" + _STORE + ''' | sed 's/^{"access_url"://; s/}$//')}"'''
)

DIALECT = Dialect(
    name="fal",
    routers=(
        router(PLATFORM, _ASSETS_API),
        router(PLATFORM_STORAGE, access.ROUTES),
        router(STORAGE, [*storage.ROUTES, *multipart.ROUTES, *proxy.ROUTES]),
    ),
    error_formats=(PLATFORM, PLATFORM_STORAGE, STORAGE),
    example_upload=ExampleUpload("fal", _REGISTER),
)
