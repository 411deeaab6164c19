"""Reading a handler's arguments from the request."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from mediatheque.dialects.native.endpoint.conditions import revision_of_if_match
from mediatheque.dialects.native.endpoint.operation import Operation
from mediatheque.dialects.native.endpoint.query import query_reader
from mediatheque.errors import NotFound
from mediatheque.http.content_disposition import parse
from mediatheque.http.context import AppRequest
from mediatheque.http.request.json import read_json
from mediatheque.http.request.query import parse_id

Reader = Callable[[AppRequest], Any]
Readers = tuple[tuple[str, Reader], ...]
"""Names of arguments with the functions that read them."""


def argument_readers(operation: Operation) -> Readers:
    """Return the readers of all arguments but `request`, `body` and `claim`."""
    readers: dict[str, Reader] = {
        name: _path_reader(name, kind, operation.not_found_for(name)) for name, kind in operation.path_params.items()
    }
    if operation.query is not None:
        readers["query"] = query_reader(operation.query)
    if operation.has_if_match:
        readers["if_match"] = revision_of_if_match
    return tuple(readers.items())


def is_form(request: AppRequest) -> bool:
    """Whether the body is a form with files."""
    return parse(request.headers.get("content-type", ""))[0] == "multipart/form-data"


async def read_body(request: AppRequest, operation: Operation) -> Any:
    """Read the JSON body; None for an empty one where it may be absent. Raises what `read_json` raises."""
    if not operation.body_required and not await request.body():
        return None
    return await read_json(request, operation.body)


def _path_reader(name: str, kind: type, not_found: type[NotFound]) -> Reader:
    """Return the reader of a part of the path: a UUID, or text without NUL."""

    def read_id(request: AppRequest) -> UUID:
        return parse_id(request.scope["path_params"][name], not_found)

    def read_text(request: AppRequest) -> Any:
        text: str = request.scope["path_params"][name]
        if "\0" in text:
            raise not_found
        try:
            return kind(text)
        except ValueError:
            raise not_found from None

    return read_id if kind is UUID else read_text
