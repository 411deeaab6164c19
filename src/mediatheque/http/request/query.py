"""What a query string asks for."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from litestar import Request

from mediatheque.errors import FolderNotFound, InvalidQuery, Missing, NotFound
from mediatheque.http.context import context_of
from mediatheque.http.request.auth import principal_of

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
_MAX_REPEATED = 100
TRUTH = {"true": True, "false": False}


def query_param(request: Request[Any, Any, Any], param: str) -> str | None:
    """The parameter's text; None where it is not given. `InvalidQuery` if no database could hold it."""
    text: str | None = request.query_params.get(param)
    if text and "\0" in text:
        raise InvalidQuery(f"{param} contains a NUL character.", param=param)
    return text


def query_params(request: Request[Any, Any, Any], param: str) -> list[str]:
    """The texts of a parameter that may be repeated, each once; empty ones are not counted.

    `InvalidQuery` for more than a hundred, or what no database could hold.
    """
    texts: list[str] = list(dict.fromkeys(text for text in request.query_params.getall(param, []) if text))
    if any("\0" in text for text in texts):
        raise InvalidQuery(f"{param} contains a NUL character.", param=param)
    if len(texts) > _MAX_REPEATED:
        raise InvalidQuery(f"{param} is given more than {_MAX_REPEATED} times.", param=param)
    return texts


def required_param(request: Request[Any, Any, Any], param: str) -> str:
    """The parameter's text, which must be there and not be blank: else `Missing`."""
    text = query_param(request, param)
    if not text or text.isspace():
        raise Missing(f"{param} is required.", param=param)
    return text


def max_length(text: str, maximum: int, *, param: str) -> str:
    """The text, of so many characters at most: else `InvalidQuery`."""
    if len(text) > maximum:
        raise InvalidQuery(f"{param} is longer than {maximum} characters.", param=param)
    return text


def choice(text: str, choices: Mapping[str, T], *, param: str) -> T:
    """What the text stands for, whatever its case. `InvalidQuery` if it is none of the choices."""
    try:
        return choices[text.lower()]
    except KeyError:
        raise InvalidQuery(f"{param} must be one of {', '.join(choices)}.", param=param) from None


def enum_param(request: Request[Any, Any, Any], param: str, kind: type[E]) -> E | None:
    """Return the member that the parameter names, in any case; None if it is not given or empty.

    Raises `InvalidQuery` when the parameter names no member.
    """
    text = query_param(request, param)
    return choice(text, {member.value: member for member in kind}, param=param) if text else None


async def folder_param(request: Request[Any, Any, Any], param: str, *, live: bool = False) -> UUID | None:
    """The folder of the caller's workspace that the parameter names; None where it is not given, or empty.

    `FolderNotFound` for any other text, and with `live` for a folder in the trash.
    """
    text = query_param(request, param)
    if not text:
        return None
    id = parse_id(text, FolderNotFound)
    folders, workspace_id = context_of(request).library.catalog.folders, principal_of(request).workspace_id
    await (folders.require(workspace_id, id) if live else folders.get(workspace_id, id))
    return id


def parse_id(text: str, not_found: NotFound | type[NotFound]) -> UUID:
    """The id. Ids are opaque to callers: text that is none of ours is simply `unknown`."""
    try:
        return UUID(text)
    except ValueError:
        raise not_found from None
