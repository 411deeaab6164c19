"""`mediatheque store adopt`: the operator says that the configured folder or bucket is the store of this database."""

import argparse
import asyncio
import os
import sys

from mediatheque.cli.database import database_url
from mediatheque.compose import build_library
from mediatheque.config import Config, load, with_database_url


def adopt(arguments: argparse.Namespace) -> None:
    """Write the library's mark into the store. Raises StoreMismatch when that needs --force."""
    config = load(os.environ, data=arguments.data)
    with database_url(config) as url:
        sys.stdout.write(asyncio.run(_adopt(with_database_url(config, url), force=arguments.force)) + "\n")


async def _adopt(config: Config, *, force: bool) -> str:
    library = build_library(config)
    async with library.database:
        try:
            return await library.store_identity.adopt(force=force)
        finally:
            await library.store.close()
