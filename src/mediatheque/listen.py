"""The address that the server listens on."""

import errno
import os
import socket
from typing import Any

from mediatheque.records.embedded import StartupError


def listen_address(host: str, port: int) -> str:
    """Return the IP address of the host on which the port can be listened on; a name's IPv4 address is preferred.

    Raises StartupError when there is none, before anything is started.
    """
    name = host.removeprefix("[").removesuffix("]")
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise StartupError(f"cannot listen on {host}:{port}: {getattr(error, 'strerror', error)}") from None
    problems = []
    for family, *_, address in sorted(found, key=lambda each: each[0] != socket.AF_INET):
        try:
            _try(family, address)
        except OSError as error:
            problems.append(_explain(error, port))
            continue
        return str(address[0])
    raise StartupError(f"cannot listen on {host}:{port}: {problems[0]}")


def _try(family: int, address: Any) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _explain(error: OSError, port: int) -> str:
    if error.errno == errno.EACCES:
        return f"{error.strerror}: port {port} is for root alone, choose one from 1024 on"
    return error.strerror or os.strerror(error.errno or 0)
