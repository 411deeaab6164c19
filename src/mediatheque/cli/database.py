"""The database of commands, which run beside a server or without one."""

from collections.abc import Iterator
from contextlib import contextmanager

from mediatheque.config import Config
from mediatheque.model import Actor, ActorKind, current_actor
from mediatheque.processes.temporary import ensure_temporary_folder
from mediatheque.records.embedded import EmbeddedConfig, connect_or_start
from mediatheque.records.migrate import bring_up_to_date, migrate


@contextmanager
def database_url(config: Config, *, by_operator: bool = True) -> Iterator[str]:
    """Yield the URL of the configured database, migrated; without a running server, the embedded one is started.

    What the block changes there is recorded as done at the command line, unless it is not `by_operator`: a worker's.
    """
    actor = current_actor.set(Actor(kind=ActorKind.CLI) if by_operator else None)
    try:
        with _database_url(config) as url:
            yield url
    finally:
        current_actor.reset(actor)


@contextmanager
def _database_url(config: Config) -> Iterator[str]:
    ensure_temporary_folder(config.data / "tmp")
    if config.database.url:
        bring_up_to_date(config.database)
        yield config.database.url
    else:
        with connect_or_start(EmbeddedConfig(data=config.data)) as url:
            migrate(url)
            yield url
