"""The settings of our sessions, as one statement."""

import re
from collections.abc import Mapping

from psycopg import sql

from mediatheque.records.connections.config import DatabaseConfig

_ALWAYS_OURS = {"timezone": "UTC", "datestyle": "ISO, MDY"}
_DEFAULTS = {
    "jit": "off",  # compiling takes longer than any of our queries
    # A merge join reads an index in order past the assets of all other workspaces to the last one that it may match.
    "enable_mergejoin": "off",
    "hnsw.iterative_scan": "relaxed_order",  # else a filter can empty the list of the nearest; the query sorts it again
    "hnsw.ef_search": "120",  # two vectors of each of fifty assets, and some that a filter excludes
    "pg_trgm.word_similarity_threshold": "0.5",  # two transposed letters in a word of nine
}
_OPTION = re.compile(r"(?:-c\s*|--)([\w.-]+)=")
"""A setting in libpq's `options`: `-c name=value` or `--name=value`."""


def session_settings(config: DatabaseConfig) -> Mapping[str, str]:
    """Return the settings of each session."""
    return {
        "statement_timeout": str(round(config.statement_timeout * 1000)),
        "idle_in_transaction_session_timeout": str(round(config.idle_timeout * 1000)),
        **_DEFAULTS,
        **_ALWAYS_OURS,
    }


def statement(settings: Mapping[str, str], options: str, *, local: bool) -> sql.Composed:
    """Return the statement that sets them, for the transaction (`local`) or the session.

    Settings in the operator's `options` (of the URL, or PGOPTIONS) take precedence, but for time zone and date style.
    """
    theirs = {name.lower().replace("-", "_") for name in _OPTION.findall(options)} - _ALWAYS_OURS.keys()
    set_config = sql.SQL("set_config({}, {}, {})")
    calls = [set_config.format(name, value, local) for name, value in settings.items() if name not in theirs]
    return sql.SQL("SELECT {}").format(sql.SQL(", ").join(calls))
