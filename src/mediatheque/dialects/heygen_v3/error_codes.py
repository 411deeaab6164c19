"""The page that `doc_url` points at: the codes of the error table with their statuses and causes."""

from html import escape
from inspect import getdoc

from litestar import Response, get

from mediatheque.dialects.heygen_v3.errors import CODES_PATH, ERRORS, anchor_of

_HEAD = "<!doctype html><html lang=en><meta charset=utf-8><title>Error codes</title><h1>Error codes</h1>"
_SECURITY_HEADERS = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}


def _causes_by_code() -> dict[str, list[str]]:
    """Collect, for each code, its statuses and their causes."""
    causes: dict[str, list[str]] = {}
    for kind, answer in ERRORS.table.items():
        causes.setdefault(str(answer.code), []).append(f"{answer.status}: {getdoc(kind)}")
    return causes


def _section(code: str, causes: list[str]) -> str:
    items = "".join(f"<li>{escape(cause)}" for cause in causes)
    return f'<h2 id="{escape(anchor_of(code))}">{escape(code)}</h2><ul>{items}</ul>'


_PAGE = _HEAD + "".join(_section(code, causes) for code, causes in sorted(_causes_by_code().items()))


@get(CODES_PATH)
async def error_codes() -> Response[str]:
    """GET /docs/error-codes: an HTML page; no API key needed."""
    return Response(_PAGE, media_type="text/html", headers=_SECURITY_HEADERS)


ROUTES = (error_codes,)
