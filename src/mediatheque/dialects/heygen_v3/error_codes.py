"""The page that `doc_url` points at: every code of the error table, explained by what stands in it."""

from html import escape
from inspect import getdoc

from litestar import Response, get

from mediatheque.dialects.heygen_v3.errors import CODES, ERRORS, anchor_of

_HEAD = "<!doctype html><html lang=en><meta charset=utf-8><title>Error codes</title><h1>Error codes</h1>"
_GUARDS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


def _meanings() -> dict[str, list[str]]:
    """What each code may mean: the statuses it comes with, and why."""
    meanings: dict[str, list[str]] = {}
    for kind, answer in ERRORS.table.items():
        meanings.setdefault(str(answer.code), []).append(f"{answer.status}: {getdoc(kind)}")
    return meanings


def _section(code: str, meanings: list[str]) -> str:
    items = "".join(f"<li>{escape(meaning)}" for meaning in meanings)
    return f'<h2 id="{escape(anchor_of(code))}">{escape(code)}</h2><ul>{items}</ul>'


_PAGE = _HEAD + "".join(_section(code, meanings) for code, meanings in sorted(_meanings().items()))


@get(CODES)
async def error_codes() -> Response[str]:
    """GET /docs/error-codes: for people, without a key."""
    return Response(_PAGE, media_type="text/html", headers=_GUARDS)


ROUTES = (error_codes,)
