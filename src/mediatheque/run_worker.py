"""A worker process: `mediatheque worker`, or `python -m mediatheque.run_worker PARENT` when `serve` starts it."""

import asyncio
import signal
import sys
from contextlib import suppress
from datetime import timedelta

import msgspec

from mediatheque.compose import build_library
from mediatheque.config import Config, ConfigError, import_config, wrong_setting
from mediatheque.errors import LibraryError
from mediatheque.http import logs
from mediatheque.library import Library
from mediatheque.library.configured_model import warn_if_model_differs
from mediatheque.processes.parent_death import die_with_parent
from mediatheque.processes.priority import lower_priority, lower_priority_of_session
from mediatheque.redaction import hide
from mediatheque.worker import Worker

_PATIENCE = 60


def run(config: Config, *, supervised: bool = False) -> None:
    """Work until SIGTERM or SIGINT, in this thread and those that it starts, with the lowest priority.

    `supervised`: `serve` started this process, and has checked the store and the settings. Raises ConfigError,
    DatabaseUnavailable when the database does not answer at the start, and StoreMismatch.
    """
    lower_priority()  # an embedded PostgreSQL that this process runs has a thread of its own, and normal priority
    lower_priority_of_session()
    with suppress(asyncio.CancelledError):
        asyncio.run(_work(config, supervised=supervised))


async def _work(config: Config, *, supervised: bool) -> None:
    this = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, this.cancel)  # type: ignore[union-attr]  # a coroutine that runs has its task
    library = build_library(_with_patient_sandbox(config))
    try:
        # Most tasks open no file, and idle decoders take as much memory as the rest of the process.
        await library.open(start_media=False)
        if not supervised:
            _prepare_keys(library)
            await library.store_identity.claim_at_start(in_bucket=config.blobs.in_bucket)
            await warn_if_model_differs(library.database, config.embedding.model)
        if this.cancelling():  # type: ignore[union-attr]  # as above
            raise asyncio.CancelledError  # an error of a connection that was being made can hide it
        audit_age = timedelta(days=config.audit_days)
        worker = Worker(library, sweep_seconds=config.sweep_seconds, grace=config.drain_seconds, audit_age=audit_age)
        await worker.run()
    finally:
        await library.close()


def _prepare_keys(library: Library) -> None:
    """Raise ConfigError when the key that encrypts other services' keys cannot be read or created."""
    try:
        library.keep.vault.prepare()
    except (OSError, ValueError) as error:
        raise wrong_setting("keep.key_file", error) from None


def _with_patient_sandbox(config: Config) -> Config:
    """Give decoders, which inherit the lowest priority, as much more time as a busy server may take from them.

    Their limit of processor time stays. A file that runs out of time counts as one that cannot be decoded, for good.
    """
    seconds = config.sandbox.timeout_seconds * _PATIENCE
    return msgspec.structs.replace(config, sandbox=msgspec.structs.replace(config.sandbox, timeout_seconds=seconds))


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
