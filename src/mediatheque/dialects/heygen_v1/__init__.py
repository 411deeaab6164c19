"""HeyGen v1 (legacy): `/v1/asset`, `/v1/folders`, talking photos; raw bodies, `X-API-KEY`, two envelopes.

Uploads and talking photos answer `{code, data, ...}`, the other operations `{error, data}`. An error answer has the
fields of both envelopes. Facts: docs/wire/heygen_v1.md.
"""

from mediatheque.dialects.heygen_v1 import assets, folders, talking_photos
from mediatheque.dialects.heygen_v1.errors import ERRORS
from mediatheque.http.dialect import Dialect, ExampleUpload, router

DIALECT = Dialect(
    name="heygen_v1",
    routers=(router(ERRORS, [*assets.ROUTES, *folders.ROUTES, *talking_photos.ROUTES]),),
    error_formats=(ERRORS,),
    example_upload=ExampleUpload(
        "HeyGen v1",
        "curl -sS {base}/v1/asset -H 'X-API-KEY: {key}' -H 'Content-Type: image/png' --data-binary @{file}",
    ),
)
