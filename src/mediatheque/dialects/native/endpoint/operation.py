"""One operation as data: what its declaration, signature and docstring say."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from litestar.handlers.base import BaseRouteHandler

from mediatheque.errors import LibraryError, NotFound
from mediatheque.http.context import AppRequest
from mediatheque.model import Scope

Handler = Callable[..., Awaitable[Any]]
Digest = Callable[[AppRequest], Awaitable[bytes]]
NotFoundErrors = type[NotFound] | Mapping[str, type[NotFound]]
"""The error for a malformed id in the path; a mapping has one for each parameter."""

_RESERVED = frozenset({"request", "_", "query", "body", "claim", "if_match"})
_OPTION = "operation"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation.

    `result` is the Struct that it answers, None for no content, or a response class where the handler builds its own
    response, of a type in `produces`. `answers` describes further answers by status, which have no content.
    `max_body` limits a JSON body, in bytes. `consumes` are the media types of a body that the handler reads itself,
    `form` the JSON Schema of such a form; `digest` computes the fingerprint of such a request when its Idempotency-Key
    has an answer already. `forms` is the operation that takes the forms sent to this one's path, which takes JSON.
    `parameters` are OpenAPI's objects of parameters that the handler reads itself. `tag` is its subject, `example` a
    body as JSON values.
    """

    method: str
    path: str
    call: Handler
    scope: Scope | None
    status: int
    tag: str
    errors: tuple[type[LibraryError], ...] = ()
    not_found: NotFoundErrors = NotFound
    consumes: tuple[str, ...] = ()
    produces: tuple[str, ...] = ("application/json",)
    answers: Mapping[int, str] = {}
    form: Mapping[str, Any] | None = None
    forms: "Operation | None" = None
    parameters: tuple[Mapping[str, Any], ...] = ()
    digest: Digest | None = None
    example: Any = None
    max_body: int = 1024 * 1024
    query: type[msgspec.Struct] | None = None
    body: Any = None
    body_required: bool = True
    path_params: Mapping[str, type]
    has_claim: bool = False
    has_if_match: bool = False
    result: Any = None

    @property
    def id(self) -> str:
        """The name of the handler."""
        name: str = self.call.__name__
        return name

    @property
    def doc(self) -> str:
        """The handler's docstring: a sentence that sums the operation up, then perhaps more."""
        return inspect.getdoc(self.call) or ""

    @property
    def is_struct(self) -> bool:
        """Whether it answers JSON of a Struct."""
        return isinstance(self.result, type) and issubclass(self.result, msgspec.Struct)

    @property
    def has_revision(self) -> bool:
        """Whether its answer has an ETag."""
        return self.is_struct and any(field.name == "revision" for field in msgspec.structs.fields(self.result))

    def not_found_for(self, param: str) -> type[NotFound]:
        """Return the error for a malformed id in the path."""
        return self.not_found.get(param, NotFound) if isinstance(self.not_found, Mapping) else self.not_found


def signature_of(call: Handler) -> dict[str, Any]:
    """Return the fields of an `Operation` that the handler's signature says."""
    hints = get_type_hints(call, include_extras=True)
    result = hints.pop("return")
    body, body_required = _required(hints.get("body"))
    return {
        "call": call,
        "query": hints.get("query"),
        "body": body,
        "body_required": body_required,
        "path_params": {name: kind for name, kind in hints.items() if name not in _RESERVED},
        "has_claim": "claim" in hints,
        "has_if_match": "if_match" in hints,
        "result": None if result is NoneType else result,
    }


def operation_of(handler: BaseRouteHandler) -> Operation | None:
    """Return the operation that a route was declared as; None for a route of another kind."""
    operation: Operation | None = handler.opt.get(_OPTION)
    return operation


def as_option(operation: Operation) -> dict[str, Operation]:
    """Return the option of a route in which `operation_of` finds the operation."""
    return {_OPTION: operation}


def _required(body: Any) -> tuple[Any, bool]:
    """Return the type of the body without None, and whether there must be one."""
    if get_origin(body) not in (Union, UnionType):
        return body, True
    kinds = [kind for kind in get_args(body) if kind is not NoneType]
    return Union[tuple(kinds)], len(kinds) == len(get_args(body))  # noqa: UP007 - of types known at runtime
