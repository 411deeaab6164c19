"""Krea's errors: `{error}` as documented, `message` beside it because live answers have been seen with that."""

from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import DEFAULT_MAPPING, ErrorContext, ErrorFormat, ErrorMapping


def _shape(error: errors.LibraryError, _: ErrorMapping, __: ErrorContext) -> dict[str, Any]:
    return {"error": error.message, "message": error.message}


ERRORS = ErrorFormat(
    name="krea",
    prefixes=("/assets",),
    table={
        **DEFAULT_MAPPING,
        errors.Invalid: ErrorMapping(400),
        errors.Unacceptable: ErrorMapping(400),
        errors.TooLarge: ErrorMapping(400),
        errors.UnsupportedKind: ErrorMapping(400),
    },
    shape=_shape,
)
