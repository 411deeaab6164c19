"""Decoding JSON bodies into the type that a route expects."""

import re
from typing import TypeVar

import msgspec

from mediatheque.errors import Invalid, Malformed, Missing
from mediatheque.http.context import AppRequest

T = TypeVar("T")
# The path that msgspec appends to its message: "Expected `str`, got `int` - at `$.url`".
_MSGSPEC_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_MSGSPEC_MISSING = re.compile(r"missing required field `([^`]+)`")
# PostgreSQL's text cannot contain NUL. In JSON it is always escaped, after an even number of backslashes.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


async def read_json(request: AppRequest, shape: type[T], *, empty: T | None = None) -> T:
    """Decode the body as `shape`; return `empty`, if given, for an empty body.

    Raises `Malformed` when it is not JSON, and `Invalid` with the name of the field when it does not match `shape`.
    """
    body = await request.body()
    if empty is not None and not body:
        return empty
    if rb"\u0000" in body and _NUL.search(body):  # searching alone takes 0.7 s for 14 MB
        raise Invalid("Text may not contain the character NUL.")
    try:
        return _decode(body, shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("The request body is not valid JSON.") from None
    except RecursionError:
        raise Malformed("The request body is nested too deeply.") from None


def _decode(body: bytes, shape: type[T]) -> T:
    """Report a mismatch only when the whole body is valid JSON."""
    body.decode()  # msgspec does not check the UTF-8 of fields that `shape` lacks
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        msgspec.json.decode(body)
        raise _validation_error(str(error)) from None


def _validation_error(message: str) -> Invalid:
    missing, path = _MSGSPEC_MISSING.search(message), _MSGSPEC_PATH.search(message)
    text = _MSGSPEC_PATH.sub("", message)
    if missing:
        return Missing(text, param=missing.group(1))
    return Invalid(text, param=path.group(1) if path else None)
