"""The functions that Litestar calls: they read the arguments, call the handler and answer its result.

All that depends on the operation alone is decided once, when it is declared.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse

from mediatheque.dialects.native.endpoint.arguments import argument_readers, is_form, read_body
from mediatheque.dialects.native.endpoint.conditions import etag_of, is_unchanged, revision_in
from mediatheque.dialects.native.endpoint.operation import Handler, Operation
from mediatheque.http.context import AppRequest
from mediatheque.http.json_response import EncodedResponse
from mediatheque.http.request.idempotency import fingerprint, idempotent
from mediatheque.library.idempotency import Claim

Show = Callable[[Any, str], Any]
"""Converts what the library returns to the Struct that is answered. The text is the server's address."""


def handler_of(operation: Operation) -> Handler:
    """Return the function that answers the operation's requests."""
    if operation.has_claim:
        return _mutation(operation)
    return _reading(operation) if operation.is_struct or operation.result is None else _passing(operation)


def showing(claim: Claim | None, show: Callable[[Any], Any]) -> Claim | None:
    """Return the claim, whose reply is `show` of what the library stores it for.

    Needed only where the answered Struct has no `of(result, base)`.
    """
    if claim is None:
        return None
    render = claim.render
    return msgspec.structs.replace(claim, render=lambda result: render(show(result)))


def _reading(operation: Operation) -> Handler:
    call, status, has_revision = operation.call, operation.status, operation.has_revision
    readers, encode = argument_readers(operation), msgspec.json.Encoder().encode
    has_body = operation.body is not None

    async def handle(request: AppRequest) -> ASGIResponse:
        arguments = {name: read(request) for name, read in readers}
        if has_body:
            arguments["body"] = await read_body(request, operation)
        result = await call(request, **arguments)
        if not has_revision:
            return EncodedResponse(status, encode(result) if result is not None else b"")
        etag = etag_of(result.revision)
        if is_unchanged(request, etag):
            return EncodedResponse(304, b"", ((b"etag", etag),))
        return EncodedResponse(status, encode(result), ((b"etag", etag),))

    return handle


def _passing(operation: Operation) -> Handler:
    """Return the function for a handler that builds its own response."""
    call, readers = operation.call, argument_readers(operation)

    async def handle(request: AppRequest) -> Any:
        return await call(request, **{name: read(request) for name, read in readers})

    handle.__annotations__["return"] = operation.result
    return handle


def _mutation(operation: Operation) -> Handler:
    call, readers, has_body = operation.call, argument_readers(operation), operation.body is not None
    forms = handler_of(operation.forms) if operation.forms else None

    async def handle(request: AppRequest) -> Response[bytes]:
        if forms is not None and is_form(request):
            form_response: Response[bytes] = await forms(request)
            return form_response
        arguments = {name: read(request) for name, read in readers}
        if has_body:
            arguments["body"] = await read_body(request, operation)

        async def work(claim: Claim | None) -> Any:
            return await call(request, claim=claim, **arguments)

        response = await idempotent(
            request,
            work,
            _renderer(operation, request.public_url),
            None if operation.consumes else lambda: payload_fingerprint(arguments),
            digest=operation.digest,
        )
        if operation.has_revision and (revision := revision_in(response.content)) is not None:
            response.headers["ETag"] = etag_of(revision).decode()
        return response

    return handle


def payload_fingerprint(arguments: Mapping[str, Any]) -> bytes:
    """Return the fingerprint of a request's body, and of its query if the operation has one."""
    body = arguments.get("body")
    return fingerprint([arguments["query"], body] if "query" in arguments else body)


def _renderer(operation: Operation, base: str) -> Callable[[Any], tuple[int, bytes]]:
    """Return the function that makes status and body of what the handler or the library returns."""
    shape, status = operation.result, operation.status
    show: Show | None = getattr(shape, "of", None)

    def render(result: Any) -> tuple[int, bytes]:
        if shape is None:
            return status, b""
        shown = result if show is None or isinstance(result, shape) else show(result, base)
        return status, msgspec.json.encode(shown)

    return render
