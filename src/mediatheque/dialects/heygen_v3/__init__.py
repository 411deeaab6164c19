"""HeyGen v3: `/v3/assets`, multipart `file`, `x-api-key` or Bearer, `{data}` or `{error}`.

Facts: docs/wire/heygen_v3.md.
"""

from mediatheque.dialects.heygen_v3 import assets, batches, direct_uploads, error_codes, search, users
from mediatheque.dialects.heygen_v3.errors import ERRORS
from mediatheque.http.dialect import Dialect, ExampleUpload, router

DIALECT = Dialect(
    name="heygen_v3",
    routers=(
        router(
            ERRORS,
            [
                *assets.ROUTES,
                *search.ROUTES,
                *direct_uploads.ROUTES,
                *batches.ROUTES,
                *users.ROUTES,
                *error_codes.ROUTES,
            ],
        ),
    ),
    error_formats=(ERRORS,),
    example_upload=ExampleUpload(
        "HeyGen v3", "curl -sS {base}/v3/assets -H 'x-api-key: {key}' -F 'file=@-;filename=hello.png' < {file}"
    ),
)
