"""One worker process: `mediatheque worker`, or started by `serve` as `python -m mediatheque.run_worker PARENT`."""

import asyncio
import signal
import sys
from contextlib import suppress

from mediatheque.compose import build_library
from mediatheque.config import Config, ConfigError, import_config
from mediatheque.errors import LibraryError
from mediatheque.http import logs
from mediatheque.library.search.embedding_models import warn_if_model_differs
from mediatheque.processes.parent_death import die_with_parent
from mediatheque.worker import Worker


def run(config: Config, *, alone: bool = True) -> None:
    """Work until SIGTERM or SIGINT. Raises `ConfigError`, and `DatabaseUnavailable` if there is none to begin with.

    Who is not `alone` leaves it to `serve` to warn of odd settings.
    """
    with suppress(asyncio.CancelledError):
        asyncio.run(_work(config, alone=alone))


async def _work(config: Config, *, alone: bool) -> None:
    this = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, this.cancel)  # type: ignore[union-attr]  # a coroutine that runs has its task
    library = build_library(config)
    await library.open(
        start_media=False
    )  # most tasks open no file, and idle decoders cost as much memory as all the rest
    try:
        if alone:
            await warn_if_model_differs(library.database, config.embedding.model)
        await Worker(library, sweep_seconds=config.sweep_seconds, grace=config.drain_seconds).run()
    finally:
        await library.close()


def main(parent: int) -> None:
    """The process that `serve` keeps beside the server, with the configuration that it handed down."""
    die_with_parent(parent)
    logs.configure()
    try:
        run(import_config(), alone=False)
    except (ConfigError, LibraryError) as error:
        sys.exit(f"mediatheque: {error}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
