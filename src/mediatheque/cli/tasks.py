"""`mediatheque tasks list|retry`: work for later, and what was given up of it."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from mediatheque.cli.database import database_url
from mediatheque.config import load, with_database_url
from mediatheque.library.tasks import FailedTask, TaskQueue
from mediatheque.records.database import Database

_LONGEST_REASON = 300


def show(arguments: argparse.Namespace) -> None:
    """Print how many tasks there are, a line each state, and a line for each that was given up."""

    async def work(database: Database) -> None:
        queue = TaskQueue(database)
        for (task, state), number in (await queue.depths()).items():
            _print(task, state, str(number))
        async for failed in queue.failed():
            _print(*_fields(failed))

    _with_database(arguments, work)


def retry(arguments: argparse.Namespace) -> None:
    """Put one back, or all of them."""

    async def work(database: Database) -> None:
        number = await TaskQueue(database).retry(arguments.id)
        _print(f"{number} tasks are tried again.")

    _with_database(arguments, work)


def _with_database(arguments: argparse.Namespace, work: Callable[[Database], Awaitable[None]]) -> None:
    config = load(os.environ, data=arguments.data)

    async def run(url: str) -> None:
        async with Database(with_database_url(config, url).database) as database:
            await work(database)

    with database_url(config) as url:
        asyncio.run(run(url))


def _fields(task: FailedTask) -> list[str]:
    """Return the fields of a failed task's line."""
    about = ", ".join(f"{name} {value}" for name, value in task.arguments.items())
    since = task.failed_at.isoformat(timespec="seconds") if task.failed_at else "?"
    reason = " ".join((task.reason or "not known: see the worker's log").split())
    return [str(task.id), task.task, about, f"{task.attempts} tries", f"since {since}", reason[:_LONGEST_REASON]]


def _print(*fields: str) -> None:
    sys.stdout.write("\t".join(fields) + "\n")
