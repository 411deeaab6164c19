"""`mediatheque reindex`: embed all assets with another model while the server runs, then switch the search to it."""

import argparse
import asyncio
import os
import sys

from tqdm import tqdm

from mediatheque.cli.database import database_url
from mediatheque.compose import build_library
from mediatheque.config import Config, check_model_installed, load, with_database_url, wrong_setting
from mediatheque.embedding.errors import ModelError
from mediatheque.library import Library
from mediatheque.model import EmbeddingModel


def reindex(arguments: argparse.Namespace) -> None:
    """Run the reindex; one that was interrupted continues. Raises ConfigError when the model cannot be loaded."""
    config = load(os.environ, data=arguments.data, embedding_model=arguments.model)
    check_model_installed(config)
    with database_url(config) as url:
        sys.stdout.write(asyncio.run(_reindex(with_database_url(config, url))) + "\n")


async def _reindex(config: Config) -> str:
    library = build_library(config)
    await library.open(start_media=False)
    try:
        await library.store_identity.claim()
        await library.store.ready()
        async with library.search.reindex.exclusive():
            model = await _begin(library, config)
            done = await _build(library, model)
            await library.search.reindex.finish(model)
    finally:
        await library.close()
    use = "used it before" if model.active else "uses it now"
    return f"{done} assets were embedded with {model.name} ({model.spec}). The search {use}."


async def _begin(library: Library, config: Config) -> EmbeddingModel:
    try:
        return await library.search.reindex.begin(config.embedding.model)
    except ModelError as error:
        raise wrong_setting("embedding.model", error) from None


async def _build(library: Library, model: EmbeddingModel) -> int:
    """Embed with a progress bar; returns how many assets were embedded."""
    done, total = await library.search.reindex.progress(model)
    with tqdm(initial=min(done, total), total=total, unit="asset", desc=model.name) as bar:
        async for number in library.search.reindex.build(model):
            bar.update(number)
        return int(bar.n) - min(done, total)
