"""Reading query parameters."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from mediatheque.errors import FolderNotFound, InvalidQuery, Missing, NotFound
from mediatheque.http.context import AppRequest

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
_MAX_REPEATED = 100
TRUTH = {"true": True, "false": False}


def query_param(request: AppRequest, param: str) -> str | None:
    """Return the parameter's value, None if it is missing. Raises `InvalidQuery` when it contains NUL."""
    text: str | None = request.query_params.get(param)
    if text and "\0" in text:
        raise InvalidQuery(f"{param} contains a NUL character.", param=param)
    return text


def query_params(request: AppRequest, param: str) -> list[str]:
    """Return the distinct values of a parameter that may be repeated, without empty ones.

    Raises `InvalidQuery` for more than a hundred values, and for one that contains NUL.
    """
    texts: list[str] = list(dict.fromkeys(text for text in request.query_params.getall(param, []) if text))
    if any("\0" in text for text in texts):
        raise InvalidQuery(f"{param} contains a NUL character.", param=param)
    if len(texts) > _MAX_REPEATED:
        raise InvalidQuery(f"{param} is given more than {_MAX_REPEATED} times.", param=param)
    return texts


def required_param(request: AppRequest, param: str) -> str:
    """Return the parameter's value. Raises `Missing` when it is missing or blank."""
    text = query_param(request, param)
    if not text or text.isspace():
        raise Missing(f"{param} is required.", param=param)
    return text


def max_length(text: str, maximum: int, *, param: str) -> str:
    """Return the text. Raises `InvalidQuery` when it is longer than `maximum` characters."""
    if len(text) > maximum:
        raise InvalidQuery(f"{param} is longer than {maximum} characters.", param=param)
    return text


def choice(text: str, choices: Mapping[str, T], *, param: str) -> T:
    """Return the choice with this name, ignoring case. Raises `InvalidQuery` when there is none."""
    try:
        return choices[text.lower()]
    except KeyError:
        raise InvalidQuery(f"{param} must be one of {', '.join(choices)}.", param=param) from None


def enum_param(request: AppRequest, param: str, kind: type[E]) -> E | None:
    """Return the member that the parameter names, in any case; None if it is not given or empty.

    Raises `InvalidQuery` when the parameter names no member.
    """
    text = query_param(request, param)
    return choice(text, {member.value: member for member in kind}, param=param) if text else None


async def folder_param(request: AppRequest, param: str, *, live: bool = False) -> UUID | None:
    """Return the id of a folder in the caller's workspace; None if the parameter is missing or empty.

    Raises `FolderNotFound` when there is no such folder, and with `live` also when it is in the trash.
    """
    text = query_param(request, param)
    if not text:
        return None
    id = parse_id(text, FolderNotFound)
    folders = request.library.catalog.folders
    await (folders.require(request.workspace_id, id) if live else folders.get(request.workspace_id, id))
    return id


def parse_id(text: str, not_found: NotFound | type[NotFound]) -> UUID:
    """Parse an id. Ids are opaque to clients, so malformed text raises `not_found` like an unknown id."""
    try:
        return UUID(text)
    except ValueError:
        raise not_found from None
