"""Krea's errors: `{error}` as documented, `message` beside it because live answers have been seen with that."""

from typing import Any

from mediatheque import errors
from mediatheque.http.dialect import USUAL, Answer, Occasion, Voice


def _shape(error: errors.LibraryError, _: Answer, __: Occasion) -> dict[str, Any]:
    return {"error": error.message, "message": error.message}


VOICE = Voice(
    name="krea",
    prefixes=("/assets",),
    table={
        **USUAL,
        errors.Invalid: Answer(400),
        errors.Unacceptable: Answer(400),
        errors.TooLarge: Answer(400),
        errors.UnsupportedKind: Answer(400),
    },
    shape=_shape,
)
