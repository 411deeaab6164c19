"""`mediatheque reindex`: another model for the search, made ready beside a running server, and then used."""

import argparse
import asyncio
import os

import msgspec
from tqdm import tqdm

from mediatheque.cli.database import at_hand
from mediatheque.config import Config, ConfigError, load
from mediatheque.errors import Conflict
from mediatheque.join import join
from mediatheque.library import Library
from mediatheque.records.locks import alone


def reindex(arguments: argparse.Namespace) -> None:
    """Stopped halfway, it goes on there when it is run again. `ConfigError` for a model that cannot be loaded."""
    config = load(os.environ, data=arguments.data, embedder=arguments.model)
    with at_hand(config) as url:
        asyncio.run(_reindex(msgspec.structs.replace(config, database_url=url)))


async def _reindex(config: Config) -> None:
    library = join(config)
    await library.open(probing=False)
    try:
        async with library.database.connection() as conn, alone(conn, "reindex") as first:
            if not first:
                raise Conflict("Another reindex is at work.")
            await _build(library, config.embedder)
    except ValueError as error:
        raise ConfigError(f"embedder: {error}") from None
    finally:
        await library.close()


async def _build(library: Library, model: str) -> None:
    space = await library.reindex.begin(model)
    done, total = await library.reindex.progress(space)
    with tqdm(initial=done, total=total, unit="asset", desc=space.name) as bar:
        async for number in library.reindex.build(space):
            bar.update(number)
    await library.reindex.finish(space)
