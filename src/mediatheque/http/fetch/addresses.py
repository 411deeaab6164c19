"""Which IP addresses may be connected to for a URL in a request."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")
_6TO4_RELAYS = IPv4Network("192.88.99.0/24")
_NEVER_PUBLIC = (IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Parse CIDR notation. Raises ValueError."""
    return tuple(ip_network(text) for text in texts)


def allowed_address(text: str, extra: tuple[Network, ...]) -> Address | None:
    """Return the address if it is public or inside one of the `extra` networks; else None.

    An address that embeds another one (IPv4-mapped, NAT64, 6to4, Teredo) is checked by that one too. An address in
    an unusual notation is refused.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return None
    return address if all(_is_allowed(each, extra) for each in _reachable_addresses(address)) else None


def _is_allowed(address: Address, extra: tuple[Network, ...]) -> bool:
    return _is_public(address) or any(address in network for network in extra)


def _reachable_addresses(address: Address) -> tuple[Address, ...]:
    """Return every address that a packet to this one could reach."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    if address.sixtofour is not None:
        return (address, address.sixtofour)
    if address.teredo is not None:
        return (address, *address.teredo)
    return (address,)


def _is_public(address: Address) -> bool:
    """Whether the address is global unicast by the IANA registries, including entries that Python 3.11 lacks."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return address not in _6TO4_RELAYS
    return address in _UNICAST and not any(address in network for network in _NEVER_PUBLIC)
