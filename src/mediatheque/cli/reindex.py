"""`mediatheque reindex`: another model for the search, made ready beside a running server, and then used."""

import argparse
import asyncio
import os
import sys

import msgspec
from tqdm import tqdm

from mediatheque.cli.database import database_url
from mediatheque.compose import build_library
from mediatheque.config import Config, ConfigError, load
from mediatheque.library import Library
from mediatheque.records.search.embedding_models import EmbeddingModel


def reindex(arguments: argparse.Namespace) -> None:
    """Stopped halfway, it goes on there when it is run again. `ConfigError` for a model that cannot be loaded."""
    config = load(os.environ, data=arguments.data, embedder=arguments.model)
    with database_url(config) as url:
        sys.stdout.write(asyncio.run(_reindex(msgspec.structs.replace(config, database_url=url))) + "\n")


async def _reindex(config: Config) -> str:
    library = build_library(config)
    await library.open(start_media=False)
    try:
        async with library.reindex.exclusive():
            space = await _begun(library, config)
            done = await _build(library, space)
            await library.reindex.finish(space)
    finally:
        await library.close()
    was = "used it before" if space.active else "uses it now"
    return f"{done} assets were embedded with {space.name} ({space.spec}). The search {was}."


async def _begun(library: Library, config: Config) -> EmbeddingModel:
    try:
        return await library.reindex.begin(config.embedding().model)
    except ValueError as error:
        raise ConfigError(f"embedder: {error}") from None


async def _build(library: Library, space: EmbeddingModel) -> int:
    """How many assets it lacked."""
    done, total = await library.reindex.progress(space)
    with tqdm(initial=min(done, total), total=total, unit="asset", desc=space.name) as bar:
        async for number in library.reindex.build(space):
            bar.update(number)
        return int(bar.n) - min(done, total)
