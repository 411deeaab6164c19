"""`mediatheque tasks list|retry`: work for later, and what was given up of it."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from mediatheque.cli.database import database_url
from mediatheque.config import load, with_database_url
from mediatheque.library import tasks
from mediatheque.library.tasks import FailedTask
from mediatheque.records.database import Database

_LONGEST_REASON = 300


def show(arguments: argparse.Namespace) -> None:
    """Print how many tasks there are, a line each state, and a line for each that was given up."""

    async def work(database: Database) -> None:
        for (task, state), number in (await tasks.depths(database)).items():
            _print(task, state, str(number))
        async for parked in tasks.failed(database):
            _print(*_fields(parked))

    _with_database(arguments, work)


def retry(arguments: argparse.Namespace) -> None:
    """Put one back, or all of them."""

    async def work(database: Database) -> None:
        number = await tasks.retry(database, arguments.id)
        _print(f"{number} tasks are tried again.")

    _with_database(arguments, work)


def _with_database(arguments: argparse.Namespace, work: Callable[[Database], Awaitable[None]]) -> None:
    config = load(os.environ, data=arguments.data)

    async def run(url: str) -> None:
        async with Database(with_database_url(config, url).database) as database:
            await work(database)

    with database_url(config) as url:
        asyncio.run(run(url))


def _fields(parked: FailedTask) -> list[str]:
    """A parked task on one line."""
    about = ", ".join(f"{name} {value}" for name, value in parked.arguments.items())
    since = parked.failed_at.isoformat(timespec="seconds") if parked.failed_at else "?"
    reason = " ".join((parked.reason or "not known: see the worker's log").split())
    return [str(parked.id), parked.task, about, f"{parked.attempts} tries", f"since {since}", reason[:_LONGEST_REASON]]


def _print(*fields: str) -> None:
    sys.stdout.write("\t".join(fields) + "\n")
