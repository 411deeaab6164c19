"""HeyGen v1's operations, together."""

from mediatheque.dialects.heygen_v1 import assets, folders, talking_photos
from mediatheque.dialects.heygen_v1.errors import ERRORS
from mediatheque.http.dialect import router

ROUTER = router(ERRORS, [*assets.ROUTES, *folders.ROUTES, *talking_photos.ROUTES])
