"""Composition of the library from the configuration."""

from datetime import timedelta

from mediatheque.blobs import open_store
from mediatheque.config import Config, wrong_setting
from mediatheque.library import Library
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.providers.registry import open_providers
from mediatheque.records.database import Database

_PART_BYTES = 10 * 1024 * 1024
"""Size of the parts that both of fal's clients send, but for the last (fal-client 1.0.3, @fal-ai/client 1.10)."""


def build_library(config: Config) -> Library:
    """Build the library without opening anything. Raises ConfigError when the store's settings can never work."""
    try:
        store = open_store(config.blobs, slot_bytes=_PART_BYTES, create=False)
    except (ValueError, TypeError) as error:
        raise wrong_setting("blobs.location", error) from None
    sandbox = Sandbox(config.sandbox, processes=config.decoder_processes)
    return Library(
        Database(config.database),
        store,
        sandbox,
        config.embedding,
        trash_time=timedelta(days=config.trash_days),
        max_versions=config.max_versions,
        keep=config.keep,
        providers=open_providers(config.providers, config.keep, config.fetch),
    )
