"""Checks of the URL or conninfo of a PostgreSQL: what is wrong with it, said without its parts, which may be secret."""

import re
from collections.abc import Mapping
from typing import Any

_ENCODE = "are @, /, ?, #, % and : in user and password percent-encoded (%40, %2F, %3F, %23, %25, %3A)?"
_QUOTE = "are values with blanks in single quotes?"
_QUOTED = re.compile(r'"[^"]*"')


def check_conninfo(text: str) -> None:
    """Raise ValueError when PostgreSQL's client cannot use the text, or would connect to a part of the password."""
    if not text:
        return
    from psycopg import ProgrammingError  # noqa: PLC0415 - the embedded database starts while the driver is imported
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    is_url = text.startswith(("postgresql://", "postgres://"))
    hint = _ENCODE if is_url else _QUOTE
    if "://" in text and not is_url and "=" not in text.partition("://")[0]:
        raise ValueError("begins with neither postgresql:// nor postgres://")
    try:
        parts = conninfo_to_dict(text)
    except ProgrammingError as error:
        reason = _QUOTED.sub(lambda found: found[0] if found[0] == '"="' else '"***"', str(error))
        raise ValueError(f"{' '.join(reason.split())}: {hint}") from None
    if any(not port.isdecimal() for port in _items(parts, "port")):
        raise ValueError(f"the port is no number: {hint}")
    if is_url and any("@" in str(parts.get(name, "")) for name in ("host", "dbname")) and "%40" not in text:
        raise ValueError(f"an @ is in the name of the host or the database: {hint}")


def _items(parts: Mapping[str, Any], name: str) -> list[str]:
    """Return the items of a list such as `5432,5433`."""
    return [item for item in str(parts.get(name) or "").split(",") if item]
