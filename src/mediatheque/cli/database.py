"""The database, for commands beside a server or without one."""

from collections.abc import Iterator
from contextlib import contextmanager

from mediatheque.config import Config
from mediatheque.records.embedded import EmbeddedConfig, connect_or_start
from mediatheque.records.migrate import migrate


@contextmanager
def database_url(config: Config) -> Iterator[str]:
    """The URL of the configured database, its schema up to date: a running server's, or one started for the moment."""
    if config.database.url:
        migrate(config.database.url)
        yield config.database.url
    else:
        with connect_or_start(EmbeddedConfig(data=config.data)) as url:
            migrate(url)
            yield url
