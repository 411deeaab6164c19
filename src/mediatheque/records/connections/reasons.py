"""One line that says why a connection to PostgreSQL failed, and what to do."""

import re

import psycopg

_HINTS = (
    (
        r'database ("[^"]+") does not exist',
        "an administrator must run: CREATE DATABASE {0} OWNER (your role) ENCODING 'UTF8'",
    ),
    (r'role ("[^"]+") does not exist', "an administrator must run: CREATE ROLE {0} LOGIN PASSWORD '...'"),
    (r"password authentication failed|no password supplied", "mend the user and the password in {setting}"),
    (r"resolve|not known|Name or service", "mend the host in {setting}"),
    (r"startup parameter|startup option", "remove `options` from {setting}, and PGOPTIONS from the environment"),
    (r"no pg_hba\.conf entry", "an administrator must allow this client in pg_hba.conf"),
    (r"too many|remaining connection slots", "lower MEDIATHEQUE_DATABASE_POOL_MAX or raise max_connections"),
    (
        r'permission denied for database ("[^"]+")',
        "an administrator must run: GRANT CONNECT ON DATABASE {0} TO (your role)",
    ),
    (r"transaction blocks not allowed", "poolers in statement mode cannot be used: choose transaction or session mode"),
)
"""What to do, by words of libpq and PostgreSQL in English. Another language gets the reason without advice."""


def one_line(error: BaseException) -> str:
    """Return the message of an error in one line."""
    return " ".join(str(error).split()) or type(error).__name__


def without_quotes(error: BaseException) -> str:
    """Return the message of an error in one line without what it quotes, which can be a part of a password."""
    return re.sub(r'"[^"]*"?', "...", one_line(error))


def connection_failed(error: BaseException, setting: str = "MEDIATHEQUE_DATABASE_URL") -> str:
    """Return a line that says why a connection failed, and what to do about it."""
    reason = "no answer in time" if isinstance(error, TimeoutError) else one_line(error)
    if isinstance(error, psycopg.ProgrammingError):  # raised before anything was sent: it quotes parts of the URL
        reason = without_quotes(error)
    advice = f"Is PostgreSQL running, and {setting} right?"
    for pattern, hint in _HINTS:
        if found := re.search(pattern, reason):
            text = hint.format(*found.groups(), setting=setting)
            advice = text[0].upper() + text[1:] + "."
            break
    return f"The database cannot be reached: {reason.rstrip('.?')}. {advice}"
