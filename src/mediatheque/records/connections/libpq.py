"""The environment variables of libpq, by which the surroundings of a process change its connections."""

import os

_NOT_OPTIONS = frozenset({"PGSERVICEFILE", "PGSYSCONFDIR", "PGLOCALEDIR", "PGDATESTYLE", "PGTZ", "PGGEQO"})
"""Variables of libpq that are no defaults of connection options."""
_OF_SESSIONS = frozenset({"PGCLIENTENCODING", "PGDATESTYLE", "PGTZ", "PGGEQO"})
"""Variables that change how a session reads and writes values, and plans."""


def ignore_variables() -> None:
    """Remove every variable of libpq from the environment of this process, and so from that of its children.

    For the embedded database, whose URL says all there is to say. Explicit options are no way: PGSERVICE, PGTZ and
    PGDATESTYLE have none that takes precedence.
    """
    from psycopg.pq import Conninfo  # noqa: PLC0415 - the embedded database starts while the driver is imported

    options = {option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
    _remove(options | _NOT_OPTIONS)


def ignore_session_variables() -> None:
    """Remove the variables that change encoding, date style, time zone and planner, which are ours."""
    _remove(_OF_SESSIONS)


def _remove(names: frozenset[str] | set[str]) -> None:
    for name in names:
        os.environ.pop(name, None)
