"""HeyGen v3's operations, together."""

from mediatheque.dialects.heygen_v3 import assets, batches, codes, direct, search
from mediatheque.dialects.heygen_v3.errors import ERRORS
from mediatheque.http.dialect import router

ROUTER = router(ERRORS, [*assets.ROUTES, *search.ROUTES, *direct.ROUTES, *batches.ROUTES, *codes.ROUTES])
