"""All dialects of this server. A new dialect is a folder here, one import and one entry in `DIALECTS`."""

from mediatheque.dialects.fal import DIALECT as FAL
from mediatheque.dialects.heygen_v1 import DIALECT as HEYGEN_V1
from mediatheque.dialects.heygen_v3 import DIALECT as HEYGEN_V3
from mediatheque.dialects.krea import DIALECT as KREA
from mediatheque.dialects.native import DIALECT as NATIVE
from mediatheque.http.dialect import ErrorFormat

DIALECTS = (KREA, FAL, HEYGEN_V1, HEYGEN_V3, NATIVE)

_BY_PREFIX = {
    prefix: error_format
    for dialect in DIALECTS
    for error_format in dialect.error_formats
    for prefix in error_format.prefixes
}
_FALLBACK = NATIVE.error_formats[0]


def error_format_for(path: str) -> ErrorFormat:
    """Return the error format for a request that matches no route.

    It is found by the first two segments of the path, else by the first, else it is the native API's.
    """
    segments = path.split("/", 3)
    return _BY_PREFIX.get("/".join(segments[:3])) or _BY_PREFIX.get("/".join(segments[:2])) or _FALLBACK
