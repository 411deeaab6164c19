"""Settings of the rate limit, apart from the package limits, which a process without a limit does not import."""

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from mediatheque.redaction import Discreet

if TYPE_CHECKING:
    from limits import RateLimitItem


class RateConfig(Discreet, frozen=True, kw_only=True):
    """The rate limit of one API key."""

    limit: str = ""
    """Requests per key, as `limits` writes it: `100/minute`; empty for no limit."""
    storage: str = "async+memory://"
    """Where the counts are stored: in each process, or shared by several servers in a Redis or Valkey,
    `redis://host:6379` (needs `pip install mediatheque[redis]`)."""
    when_away: Literal["count", "refuse"] = "count"
    """While a shared storage does not answer: `count` requests in each process, or `refuse` them with 503."""
    timeout: Annotated[float, Meta(gt=0)] = 0.5
    """Seconds that a shared storage may take to answer."""

    def __post_init__(self) -> None:
        if self.limit:
            parse_limit(self.limit)


def parse_limit(limit: str) -> "RateLimitItem":
    """Parse `100/minute`. Raises ValueError."""
    from limits import parse  # noqa: PLC0415 - see above

    try:
        return parse(limit)
    except ValueError:
        raise ValueError(f'limit: {limit!r} is not like "100/minute"') from None
