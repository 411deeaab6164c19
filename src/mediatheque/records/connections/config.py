"""Settings of the database."""

from typing import Annotated

from msgspec import Meta

from mediatheque.records.conninfo import check_conninfo
from mediatheque.redaction import Discreet


class DatabaseConfig(Discreet, frozen=True, kw_only=True):
    """How to reach PostgreSQL, and how many connections to keep."""

    url: str = ""
    """URL or conninfo of your own PostgreSQL, 15 or later with pgvector; by default the embedded PostgreSQL runs."""
    direct_url: str = ""
    """URL or conninfo of the same database without a pooler, when `url` leads to PgBouncer or another pooler in
    transaction mode: for migrations, the reindex, locks and notifications."""
    pool_min: Annotated[int, Meta(ge=0)] = 4
    """Connections that each server or worker process keeps open."""
    pool_max: Annotated[int, Meta(ge=2)] = 16
    """Most connections of each server or worker process; all processes together must stay below `max_connections`."""
    pool_timeout: Annotated[float, Meta(gt=0)] = 2.0
    """Seconds that a request waits for a connection before it gets a 503."""
    connect_timeout: Annotated[int, Meta(ge=1)] = 3
    """Seconds for one connection to be made."""
    start_timeout: Annotated[float, Meta(gt=0)] = 10.0
    """Seconds for the first connections to be made."""
    statement_timeout: Annotated[float, Meta(gt=0)] = 30.0
    """Seconds that a statement may run."""
    idle_timeout: Annotated[float, Meta(gt=0)] = 60.0
    """Seconds that a transaction may stay open without a statement."""

    def __post_init__(self) -> None:
        for name in ("url", "direct_url"):
            try:
                check_conninfo(getattr(self, name))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        if self.direct_url and not self.url:
            raise ValueError("direct_url: has no use without database.url (MEDIATHEQUE_DATABASE_URL)")

    @property
    def conninfo(self) -> str:
        """The URL with our time limits, and our encoding."""
        return self._conninfo(self.url)

    @property
    def direct_conninfo(self) -> str:
        """The same for connections that no pooler may share."""
        return self._conninfo(self.direct_url or self.url)

    @property
    def direct_setting(self) -> str:
        """The variable of the setting that `direct_conninfo` is made of."""
        return "MEDIATHEQUE_DATABASE_DIRECT_URL" if self.direct_url else "MEDIATHEQUE_DATABASE_URL"

    def _conninfo(self, url: str) -> str:
        # The settings are read without the driver: the embedded database starts while it is imported.
        from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: PLC0415

        ours = {
            "connect_timeout": str(self.connect_timeout),
            "tcp_user_timeout": "10000",  # ms until a silent host counts as lost; the kernel takes 15 minutes
            "target_session_attrs": "read-write",  # of several hosts, the primary
            "application_name": "mediatheque",
        }
        return make_conninfo("", **{**ours, **conninfo_to_dict(url), "client_encoding": "utf8"})
