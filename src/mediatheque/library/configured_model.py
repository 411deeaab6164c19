"""What a start says about the configured embedding model, without loading it into the process that starts."""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import structlog

from mediatheque.embedding.errors import ModelError
from mediatheque.errors import LibraryError
from mediatheque.records.database import Database
from mediatheque.records.search import embedding_models as rows

_log = structlog.get_logger()


async def check_first_model(database: Database, spec: str) -> None:
    """Load the configured model and try it, when the library has none yet and is about to make this one active.

    A library that has a model starts without it, since its folder may be unmounted for a while. Raises ModelError when
    the model does not work.
    """
    async with database.connection() as conn:
        if await rows.list_all(conn):
            return
    await asyncio.to_thread(_try_in_another_process, spec)


def _try_in_another_process(spec: str) -> None:
    """Keep the libraries and the weights out of this process, which only waits for others."""
    from mediatheque.library.search.encoders import try_model  # noqa: PLC0415 - a process that tries nothing needs no numpy

    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        try:
            process.submit(try_model, spec).result()
        except BrokenProcessPool as error:
            raise ModelError(
                f"{spec} ended the process that tried it; it may need more memory than there is."
            ) from error


async def warn_if_model_differs(database: Database, configured: str) -> None:
    """Log a warning when searches use another model than the configured one: only a reindex changes it."""
    try:
        async with database.connection() as conn:
            models = await rows.list_all(conn)
    except LibraryError:
        return  # the server's own start reports it
    if not models:
        return
    active, *others = models
    if active.spec != configured:
        advice = f"run `mediatheque reindex`, or set MEDIATHEQUE_EMBEDDING_MODEL={active.spec}"
        _log.warning("configured_model_not_active", configured=configured, active=active.spec, advice=advice)
    for other in others:
        advice = f"run `mediatheque reindex {other.spec}` to finish, or `mediatheque reindex {active.spec}` to drop it"
        _log.warning("reindex_unfinished", model=other.spec, active=active.spec, advice=advice)
