"""[documented] Lists of collections and characters are paged by `limit` and `offset`."""

from mediatheque.errors import InvalidQuery
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import page_size
from mediatheque.http.request.query import query_param

_MAX_PAGE, _DEFAULT_PAGE = 100, 50
_MAX_OFFSET = 10**9


def page_slice(request: AppRequest) -> tuple[int, int]:
    """Return limit, 1 to 100, and offset; the offset "null" means 0. Raises `InvalidQuery` for other values."""
    limit = page_size(query_param(request, "limit"), minimum=1, maximum=_MAX_PAGE, default=_DEFAULT_PAGE)
    text = query_param(request, "offset") or "0"
    if text == "null":
        return limit, 0
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_OFFSET)) and int(text) <= _MAX_OFFSET):
        raise InvalidQuery(f"offset must be a whole number from 0 to {_MAX_OFFSET}.", param="offset")
    return limit, int(text)
