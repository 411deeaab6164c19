"""Krea: `/assets`, bearer keys, bare objects, errors as `{error, message}`. Facts: docs/wire/krea.md."""

from mediatheque.dialects.krea import assets
from mediatheque.dialects.krea.errors import ERRORS
from mediatheque.http.dialect import Dialect, ExampleUpload, router

DIALECT = Dialect(
    name="krea",
    routers=(router(ERRORS, assets.ROUTES),),
    error_formats=(ERRORS,),
    example_upload=ExampleUpload(
        "Krea", "curl -sS {base}/assets -H 'Authorization: Bearer {key}' -F 'file=@-;filename=hello.png' < {file}"
    ),
)
