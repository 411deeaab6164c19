"""The native API's errors: problem documents (RFC 9457), each kind with a `type` of its own that never changes."""

import re
from inspect import getdoc
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from mediatheque import errors
from mediatheque.errors import LibraryError
from mediatheque.http.dialect import DEFAULT_MAPPING, ErrorFormat, ErrorMapping, ErrorReply

PROBLEM = "application/problem+json"
_WORD = re.compile(r"(?<!^)(?=[A-Z])")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong (RFC 9457). `type` says what kind of error it is; programs should decide by it alone."""

    type: Annotated[str, msgspec.Meta(description="The kind of error, `urn:mediatheque:error:...`; never changes.")]
    title: Annotated[str, msgspec.Meta(description="The same for all errors of the kind.")]
    status: Annotated[int, msgspec.Meta(description="The status of the answer.")]
    detail: Annotated[str, msgspec.Meta(description="What went wrong this time, for people.")]
    request_id: Annotated[str, msgspec.Meta(description="The id of the request, as in `X-Request-Id` and in the logs.")]
    param: Annotated[str, msgspec.Meta(description="The field, parameter or header at fault.")] | UnsetType = UNSET


def slug_of(kind: type[LibraryError]) -> str:
    """Return the short name of an error: its class, or the nearest ancestor of it in errors.py, in words."""
    known = _known(kind)
    return "internal-error" if known is LibraryError else _WORD.sub("-", known.__name__).lower()


def problem_type(kind: type[LibraryError]) -> str:
    """Return the `type` of an error: a URN with its short name."""
    return f"urn:mediatheque:error:{slug_of(kind)}"


def problem_title(kind: type[LibraryError]) -> str:
    """Return the `title` of an error: the first sentence of the class."""
    known = _known(kind)
    sentence = "Internal error" if known is LibraryError else re.split(r"\.(?:\s|$)", getdoc(known) or "")[0]
    return sentence.partition(":")[0]


def _known(kind: type[LibraryError]) -> type[LibraryError]:
    return next(each for each in kind.__mro__ if each.__module__ == errors.__name__)


def _shape(reply: ErrorReply) -> Problem:
    return Problem(
        type=problem_type(reply.kind),
        title=problem_title(reply.kind),
        status=reply.status,
        detail=reply.message,
        request_id=reply.request_id,
        param=reply.param or UNSET,
    )


ERRORS = ErrorFormat(
    name="native",
    prefixes=("/api", "/files"),
    table={
        **DEFAULT_MAPPING,
        errors.UrlRefused: ErrorMapping(422),
        errors.FetchFailed: ErrorMapping(502),
        errors.IdempotencyKeyReused: ErrorMapping(422),
        errors.PreconditionFailed: ErrorMapping(412),
    },
    shape=_shape,
    content_type=PROBLEM,
)
