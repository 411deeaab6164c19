"""A worker process: `mediatheque worker`, or `python -m mediatheque.run_worker PARENT` when `serve` starts it."""

import asyncio
import signal
import sys
from contextlib import suppress

from mediatheque.compose import build_library
from mediatheque.config import Config, ConfigError, import_config
from mediatheque.errors import LibraryError
from mediatheque.http import logs
from mediatheque.library.configured_model import warn_if_model_differs
from mediatheque.processes.parent_death import die_with_parent
from mediatheque.redaction import hide
from mediatheque.worker import Worker


def run(config: Config, *, supervised: bool = False) -> None:
    """Work until SIGTERM or SIGINT.

    `supervised`: `serve` started this process, and has checked the store and the settings. Raises ConfigError,
    DatabaseUnavailable when the database does not answer at the start, and StoreMismatch.
    """
    with suppress(asyncio.CancelledError):
        asyncio.run(_work(config, supervised=supervised))


async def _work(config: Config, *, supervised: bool) -> None:
    this = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, this.cancel)  # type: ignore[union-attr]  # a coroutine that runs has its task
    library = build_library(config)
    # Most tasks open no file, and idle decoders take as much memory as the rest of the process.
    await library.open(start_media=False)
    try:
        if not supervised:
            await library.store_identity.claim_at_start(in_bucket=config.blobs.in_bucket)
            await warn_if_model_differs(library.database, config.embedding.model)
        await Worker(library, sweep_seconds=config.sweep_seconds, grace=config.drain_seconds).run()
    finally:
        await library.close()


def main(parent: int) -> None:
    """Run the process that `serve` supervises, with the configuration that it exported."""
    die_with_parent(parent)
    logs.configure()
    try:
        run(import_config(), supervised=True)
    except (ConfigError, LibraryError) as error:
        sys.exit(f"mediatheque: {hide(str(error))}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
