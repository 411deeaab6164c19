"""What a start does with the database once it runs: migrations, the identity of the store, the first key.

`serve` imports this module while PostgreSQL starts.
"""

import asyncio
from pathlib import Path

import msgspec

from mediatheque.blobs import clear_spool, open_store
from mediatheque.config import Config, wrong_setting
from mediatheque.embedding.errors import ModelError
from mediatheque.errors import LibraryError
from mediatheque.library.accounts import Accounts
from mediatheque.library.configured_model import check_first_model, warn_if_model_differs
from mediatheque.library.keep.key_file import read_or_create
from mediatheque.library.store_identity import StoreIdentity
from mediatheque.records.database import Database
from mediatheque.records.migrate import bring_up_to_date, migrate


def bootstrap(config: Config, *, embedded: bool) -> str | None:
    """Migrate the database, claim the store, and return the first key of a new library.

    `embedded`: the database is our own, which no pooler is in front of.
    Raises DatabaseUnavailable, StoreMismatch and ConfigError when no server may run.
    """
    if embedded:
        migrate(config.database.url)
    else:
        bring_up_to_date(config.database)
    _prepare_keys(config)
    key = asyncio.run(_bootstrap(config))
    clear_spool(open_store(config.blobs, create=False).spool)
    return key


def _prepare_keys(config: Config) -> None:
    """Create the file with the key that encrypts other services' keys, unless one is configured. Raises ConfigError."""
    if config.keep.secret_key:
        return
    try:
        read_or_create(Path(config.keep.key_file))
    except (OSError, ValueError) as error:
        raise wrong_setting("keep.key_file", error) from None


async def _bootstrap(config: Config) -> str | None:
    """Claim the store, and return the first key of a new library. Raises StoreMismatch."""
    store = open_store(config.blobs, create=False)
    async with Database(msgspec.structs.replace(config.database, pool_min=1)) as database:
        try:
            await StoreIdentity(database, store).claim_at_start(may_move=True, in_bucket=config.blobs.in_bucket)
        except LibraryError:
            await store.close()  # obstore 0.12 can abort a process that ends soon after a request
            raise
        await warn_if_model_differs(database, config.embedding.model)
        if config.embedding.in_folder:
            await _check_model(database, config.embedding.model)
        return await Accounts(database).bootstrap("default")


async def _check_model(database: Database, model: str) -> None:
    """Raises ConfigError when a new library would begin with a model that does not work: no search would answer."""
    try:
        await check_first_model(database, model)
    except ModelError as error:
        raise wrong_setting("embedding.model", error) from None
