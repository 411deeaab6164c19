"""Which errors an operation can answer: those that it declares, and those of what every operation like it goes through.

An operation declares what its own work can raise; all else follows from its parameters.
"""

from collections.abc import Iterator

import msgspec

from mediatheque import errors
from mediatheque.dialects.native.endpoint import Operation
from mediatheque.errors import LibraryError

_EVERY = (errors.Malformed, errors.Unavailable, LibraryError)
_KEYED = (errors.KeyRefused, errors.ScopeMissing, errors.RateLimited)
_SENT = (errors.UnsupportedEncoding, errors.BodyIncomplete, errors.BodyTooSlow)
_BODY = (errors.Invalid, errors.Missing)
_CLAIM = (
    errors.Invalid,
    errors.InProgress,
    errors.IdempotencyKeyReused,
    errors.Conflict,
    errors.TransactionConflict,
    errors.StorageFull,
)


def problems_of(operation: Operation) -> list[type[LibraryError]]:
    """Return the classes of errors, each once."""
    return list(dict.fromkeys(_problems(operation)))


def _problems(operation: Operation) -> Iterator[type[LibraryError]]:
    yield from _EVERY
    if operation.scope is not None:
        yield from _KEYED
    if operation.method != "GET":
        yield from _SENT
    if operation.body is not None:
        yield from _BODY
    if operation.query is not None:
        yield errors.InvalidQuery
        if any(field.required for field in msgspec.structs.fields(operation.query)):
            yield errors.Missing
    if operation.has_claim:
        yield from _CLAIM
    if operation.has_if_match:
        yield from (errors.Invalid, errors.PreconditionFailed)
    for name in operation.path_params:
        yield operation.not_found_for(name)
    yield from operation.errors
    if operation.forms is not None:
        yield from operation.forms.errors
