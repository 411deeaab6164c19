"""The library over the database, store and sandbox that the configuration names."""

from mediatheque.blobs import open_store
from mediatheque.config import Config, ConfigError
from mediatheque.library import Library
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.records.database import Database


def build_library(config: Config) -> Library:
    """Nothing is opened yet. `ConfigError` for a store that can never work, and what `open_store` raises."""
    try:
        store = open_store(config.store())
    except (ValueError, TypeError) as error:
        raise ConfigError(f"configuration: {error}") from None
    return Library(Database(config.database()), store, Sandbox(config.sandbox), config.embedding())
