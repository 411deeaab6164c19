"""The decorators that turn a handler into a route."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypedDict, Unpack

from litestar.handlers import HTTPRouteHandler

from mediatheque.dialects.native.endpoint.handler import handler_of
from mediatheque.dialects.native.endpoint.operation import (
    Digest,
    Handler,
    NotFoundErrors,
    Operation,
    as_option,
    signature_of,
)
from mediatheque.errors import LibraryError
from mediatheque.http.request.auth import require_scope
from mediatheque.model import Scope

_SUBJECT = 3
"""Where the subject stands in the name of a module: `mediatheque.dialects.native.assets`."""


class Options(TypedDict, total=False):
    """Options of an operation; see `Operation` for what they mean."""

    status: int
    errors: Sequence[type[LibraryError]]
    not_found: NotFoundErrors
    consumes: Sequence[str]
    produces: Sequence[str]
    answers: Mapping[int, str]
    form: Mapping[str, Any]
    forms: Operation | None
    parameters: Sequence[Mapping[str, Any]]
    digest: Digest
    example: Any
    tag: str
    max_body: int


class Declare(Protocol):
    """A decorator's factory for one method."""

    def __call__(
        self, path: str, *, scope: Scope | None, **options: Unpack[Options]
    ) -> Callable[[Handler], HTTPRouteHandler]:
        """Return the decorator. `scope` None is for operations without a key."""


def _declare(method: str) -> Declare:
    def declare(path: str, *, scope: Scope | None, **options: Unpack[Options]) -> Callable[[Handler], HTTPRouteHandler]:
        def decorate(call: Handler) -> HTTPRouteHandler:
            return _route(_operation(method, path, scope, call, options))

        return decorate

    return declare


def _operation(method: str, path: str, scope: Scope | None, call: Handler, options: Options) -> Operation:
    given: dict[str, Any] = dict(options)
    for name in ("errors", "consumes", "produces", "parameters"):
        if name in given:
            given[name] = tuple(given[name])
    found = {"status": 200, "tag": call.__module__.split(".")[_SUBJECT], **signature_of(call), **given}
    operation = Operation(method=method, path=path, scope=scope, **found)
    named = set(re.findall(r"{(\w+)}", path))
    if named != set(operation.path_params):
        raise TypeError(f"{operation.id}: the path has {sorted(named)}, the signature {sorted(operation.path_params)}")
    is_read = method == "GET" or scope is None or scope.endswith(Scope.READ)
    if not is_read and not operation.has_claim:
        raise TypeError(f"{operation.id}: a mutation takes a claim")
    return operation


def _route(operation: Operation) -> HTTPRouteHandler:
    return HTTPRouteHandler(
        re.sub(r"{(\w+)}", r"{\1:str}", operation.path),
        http_method=operation.method,  # type: ignore[arg-type] # one of five
        status_code=200,  # each answer has its own; Litestar's check of 204 does not apply
        guards=[require_scope(operation.scope, tells_limit=True)] if operation.scope else [],
        request_max_body_size=None if operation.consumes else operation.max_body,
        opt=as_option(operation),
    )(handler_of(operation))


get = _declare("GET")
post = _declare("POST")
put = _declare("PUT")
patch = _declare("PATCH")
delete = _declare("DELETE")
