"""HeyGen v3's operations, together."""

from mediatheque.dialects.heygen_v3 import assets, codes, search
from mediatheque.dialects.heygen_v3.errors import VOICE
from mediatheque.http.dialect import router

ROUTER = router(VOICE, [*assets.ROUTES, *search.ROUTES, *codes.ROUTES])
