"""Settings of fetching URLs, apart from the HTTP client, which a process that only reads settings does not import."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from mediatheque.http.fetch.addresses import parse_networks
from mediatheque.http.fetch.allow_list import DEFAULT_HOSTS, AllowList


class FetchConfig(Struct, frozen=True, kw_only=True):
    """Which URLs may be fetched. By default those of the vendors' own content delivery networks."""

    hosts: tuple[str, ...] = DEFAULT_HOSTS
    """Hosts that may be fetched from: `media.example.com` (ports 80 and 443), `media.example.com:9000`, or
    `*.example.com` for the names below one; `none` for no host."""
    networks: tuple[str, ...] = ()
    """Private networks in which those hosts may be, in CIDR notation: `10.1.0.0/16`."""
    max_bytes: Annotated[int, Meta(gt=0)] = 512 * 1024 * 1024
    """Largest file that is fetched."""
    timeout_seconds: Annotated[float, Meta(gt=0)] = 30.0
    """Longest duration of a whole fetch, redirects included."""
    redirects: Annotated[int, Meta(ge=0, le=10)] = 3
    """Largest number of redirects that are followed; each target must be allowed."""
    ca_file: str = ""
    """File of CA certificates (PEM) that replaces the public ones for https."""

    def __post_init__(self) -> None:
        try:
            parse_networks(self.networks)
        except ValueError as error:
            raise ValueError(f"networks: {error}") from None
        try:
            AllowList(self.hosts)
        except ValueError as error:
            raise ValueError(f"hosts: {error}") from None
        if self.ca_file and not Path(self.ca_file).is_file():
            raise ValueError(f"ca_file: there is no file {self.ca_file}")
