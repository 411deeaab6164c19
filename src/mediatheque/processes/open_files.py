"""The number of files and sockets that a process may have open."""

import resource

_ENOUGH = 65_536
_OWN_FILES = 96
"""Open files of a server process that are no clients' connections: of the database, decoders, uploads, the store."""
_FEWEST = 16


def raise_limit() -> int:
    """Raise this process's limit, and that of processes it starts, as far as the system allows. Return the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(_ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):  # macOS has a lower limit that it does not tell
            return soft
        return wanted
    return _ENOUGH if soft == resource.RLIM_INFINITY else soft


def connections_within(limit: int, wanted: int) -> int:
    """Return how many connections a process with this limit of open files may accept, at most `wanted`."""
    return min(wanted, max(_FEWEST, limit - _OWN_FILES))
