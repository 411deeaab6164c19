"""[documented] How fal's lists of collections and characters are gone through: by `limit` and `offset`."""

from mediatheque.errors import InvalidQuery
from mediatheque.http.context import AppRequest
from mediatheque.http.request.pagination import page_size
from mediatheque.http.request.query import query_param

_MOST, _DEFAULT = 100, 50
_FARTHEST = 10**9


def page_slice(request: AppRequest) -> tuple[int, int]:
    """The limit, 1 to 100, and the offset. An offset may be null, which is 0. `InvalidQuery`."""
    limit = page_size(query_param(request, "limit"), minimum=1, maximum=_MOST, default=_DEFAULT)
    text = query_param(request, "offset") or "0"
    if text == "null":
        return limit, 0
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_FARTHEST)) and int(text) <= _FARTHEST):
        raise InvalidQuery(f"offset must be a whole number from 0 to {_FARTHEST}.", param="offset")
    return limit, int(text)
