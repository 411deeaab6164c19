"""Which hosts may be fetched from: names, and wildcards for the names below one."""

import re
from collections.abc import Iterable

from mediatheque.model.urls import DEFAULT_PORTS, normal_host

DEFAULT_HOSTS = (
    *("fal.media", "*.fal.media"),
    *("*.krea.ai",),
    *("*.heygen.ai", "*.heygen.com"),
)
"""The hosts from which the vendors of the dialects serve files, so that their own examples work."""

_ENTRY = re.compile(r"(?P<wildcard>\*\.)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]*]+)(?::(?P<port>[0-9]{1,5}))?")


class AllowList:
    """Entries such as `media.example.com` (ports 80 and 443), `media.example.com:9000` and `*.example.com`.

    A wildcard stands for one or more labels: `*.example.com` is not `example.com`.
    """

    def __init__(self, entries: Iterable[str]) -> None:
        """Raise ValueError when an entry is no host."""
        self._names: set[tuple[str, int]] = set()
        self._suffixes: list[tuple[str, int]] = []
        for entry in entries:
            found = _ENTRY.fullmatch(entry)
            if not found or (found["wildcard"] and "." not in found["host"].strip(".")):
                raise ValueError(f"expected a host such as media.example.com, with *. before it or not: {entry!r}")
            host = normal_host(found["host"])
            for port in [int(found["port"])] if found["port"] else DEFAULT_PORTS.values():
                if found["wildcard"]:
                    self._suffixes.append((f".{host}", port))
                else:
                    self._names.add((host, port))

    def has(self, host: str, port: int) -> bool:
        """Whether the host may be fetched from at that port. A name beyond ASCII is given in its IDNA form."""
        host = host.lower()
        return (host, port) in self._names or any(
            port == allowed and host.endswith(suffix) and host != suffix for suffix, allowed in self._suffixes
        )
