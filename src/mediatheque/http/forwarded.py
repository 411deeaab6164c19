"""What a reverse proxy forwards: the scheme and the host that a client used, and the client's address."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, TypeAlias

from mediatheque.errors import Malformed

if TYPE_CHECKING:  # `serve` checks the setting without the web framework
    from litestar.connection import ASGIConnection

_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_ANY = "*"

Connection: TypeAlias = "ASGIConnection[Any, Any, Any, Any]"


class TrustedProxies:
    """The addresses of reverse proxies whose forwarded headers are believed.

    `networks` are addresses, networks in CIDR notation, or `*` for every address. Raises ValueError for anything else.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        texts = tuple(networks)
        self._any = _ANY in texts
        self._networks = tuple(_network(text) for text in texts if text != _ANY)

    def origin(self, connection: Connection) -> tuple[str, str]:
        """Return the scheme and the host, with its port if there is one, that the client used.

        A trusted proxy's X-Forwarded-Proto and X-Forwarded-Host replace the scheme of the connection and the Host
        header. Of several values, separated by commas, the first counts: it is that of the outermost proxy. Raises
        `Malformed` when the value that counts is missing or invalid.
        """
        scheme, host, source = connection.scope["scheme"], connection.headers.get("host", ""), "Host"
        if self._are_trusted(connection):
            scheme = _first(connection, "x-forwarded-proto").lower() or scheme
            if forwarded := _first(connection, "x-forwarded-host"):
                host, source = forwarded, "X-Forwarded-Host"
        if scheme not in ("http", "https"):
            raise Malformed("The X-Forwarded-Proto header is neither http nor https.")
        if not _AUTHORITY.fullmatch(host):
            raise Malformed(f"The {source} header is missing or not valid.")
        return scheme, host

    def client(self, connection: Connection) -> str | None:
        """Return the client's IP address; None where it has none, or none that can be believed.

        Trusted proxies have each appended the address that they saw to X-Forwarded-For: the last one of them that is
        not a trusted proxy's own is the client's. Where every address is trusted, it is the first.
        """
        peer = connection.scope["client"]
        address = _address(peer[0]) if peer else None
        if self._are_trusted(connection):
            forwarded = ",".join(connection.headers.getall("x-forwarded-for", []))
            for text in reversed(forwarded.split(",") if forwarded else []):
                address = _address(_without_port(text.strip()))
                if address is None or not (self._any or self._trusts(address)):
                    break
        return str(address) if address else None

    def _are_trusted(self, connection: Connection) -> bool:
        if not self._networks:
            return self._any
        client = connection.scope["client"]
        address = _address(client[0]) if client else None
        return self._any or (address is not None and self._trusts(address))

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _first(connection: Connection, header: str) -> str:
    return connection.headers.get(header, "").partition(",")[0].strip()


def _without_port(text: str) -> str:
    """Return the address of `192.0.2.1:4711` or `[2001:db8::1]:4711`; any other text as it is."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is neither an IP address, nor a network such as 10.0.0.0/8, nor *") from None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the client's address, an IPv4 address that arrived over IPv6 as IPv4; None for a Unix socket."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
