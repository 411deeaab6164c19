"""Every wire language this server speaks. A new one is a folder here and two lines below."""

from litestar import Router

from mediatheque.dialects.fal import routes as fal_assets
from mediatheque.dialects.fal.errors import PLATFORM as FAL
from mediatheque.dialects.fal.errors import PLATFORM_STORAGE as FAL_PLATFORM_STORAGE
from mediatheque.dialects.fal.errors import STORAGE as FAL_STORAGE
from mediatheque.dialects.fal.storage_api import access as fal_access
from mediatheque.dialects.fal.storage_api import multipart as fal_multipart
from mediatheque.dialects.fal.storage_api import proxy as fal_proxy
from mediatheque.dialects.fal.storage_api import storage as fal_storage
from mediatheque.dialects.heygen_v1 import routes as heygen_v1
from mediatheque.dialects.heygen_v1.errors import ERRORS as HEYGEN_V1
from mediatheque.dialects.heygen_v3 import routes as heygen_v3
from mediatheque.dialects.heygen_v3.errors import ERRORS as HEYGEN_V3
from mediatheque.dialects.krea import routes as krea
from mediatheque.dialects.krea.errors import ERRORS as KREA
from mediatheque.dialects.native import assets as native_assets
from mediatheque.dialects.native import provenance as native_provenance
from mediatheque.dialects.native import routes as native
from mediatheque.dialects.native import search as native_search
from mediatheque.dialects.native.errors import ERRORS as NATIVE
from mediatheque.http.dialect import ErrorFormat

ROUTERS: tuple[Router, ...] = (
    krea.ROUTER,
    fal_assets.ROUTER,
    fal_access.ROUTER,
    fal_storage.ROUTER,
    fal_multipart.ROUTER,
    fal_proxy.ROUTER,
    heygen_v1.ROUTER,
    heygen_v3.ROUTER,
    native.ROUTER,
    native_assets.ROUTER,
    native_search.ROUTER,
    native_provenance.ROUTER,
)
ERROR_FORMATS: tuple[ErrorFormat, ...] = (KREA, FAL, FAL_PLATFORM_STORAGE, FAL_STORAGE, HEYGEN_V1, HEYGEN_V3, NATIVE)


_BY_PREFIX = {prefix: error_format for error_format in ERROR_FORMATS for prefix in error_format.prefixes}


def error_format_for(path: str) -> ErrorFormat:
    """The voice for requests that no route took: by the first two segments of the path, else by the first."""
    segments = path.split("/", 3)
    return _BY_PREFIX.get("/".join(segments[:3])) or _BY_PREFIX.get("/".join(segments[:2])) or NATIVE
