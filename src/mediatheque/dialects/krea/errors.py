"""Krea's errors: `{error}` as documented, and `message`, which was seen in live answers."""

from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import DEFAULT_MAPPING, ErrorFormat, ErrorMapping, ErrorReply


def _shape(reply: ErrorReply) -> dict[str, Any]:
    return {"error": reply.message, "message": reply.message}


ERRORS = ErrorFormat(
    name="krea",
    prefixes=("/assets",),
    table={
        **DEFAULT_MAPPING,
        errors.Invalid: ErrorMapping(400),
        errors.Unacceptable: ErrorMapping(400),
        errors.TooLarge: ErrorMapping(400),
        errors.UnsupportedKind: ErrorMapping(400),
        errors.QuotaExceeded: ErrorMapping(402),  # [documented] of other operations: the balance is exhausted
    },
    messages={errors.NotFound: "Asset not found"},  # [documented] the same for every id
    shape=_shape,
)
