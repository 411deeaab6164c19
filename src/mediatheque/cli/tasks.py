"""`mediatheque tasks list|retry`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from mediatheque.cli.database import database_url
from mediatheque.config import load, with_database_url
from mediatheque.library.tasks import FailedTask, TaskQueue
from mediatheque.records.database import Database

_MAX_REASON = 300


def show(arguments: argparse.Namespace) -> None:
    """Print the number of tasks by name and state, and a line for each failed task."""

    async def work(tasks: TaskQueue) -> None:
        for (task, state), number in (await tasks.depths()).items():
            _print(task, state, str(number))
        async for failed in tasks.failed():
            _print(*_fields(failed))

    _with_tasks(arguments, work)


def retry(arguments: argparse.Namespace) -> None:
    """Put one failed task back into the queue, or all of them."""

    async def work(tasks: TaskQueue) -> None:
        number = await tasks.retry(arguments.id)
        _print(f"{number} tasks are tried again.")

    _with_tasks(arguments, work)


def _with_tasks(arguments: argparse.Namespace, work: Callable[[TaskQueue], Awaitable[None]]) -> None:
    config = load(os.environ, data=arguments.data)

    async def run(url: str) -> None:
        async with Database(with_database_url(config, url).database) as database:
            await work(TaskQueue(database))

    with database_url(config) as url:
        asyncio.run(run(url))


def _fields(task: FailedTask) -> list[str]:
    """Return the fields of the task's line."""
    about = ", ".join(f"{name} {value}" for name, value in task.arguments.items())
    since = task.failed_at.isoformat(timespec="seconds") if task.failed_at else "?"
    reason = " ".join((task.reason or "unknown: see the worker's log").split())
    return [str(task.id), task.task, about, f"{task.attempts} tries", f"since {since}", reason[:_MAX_REASON]]


def _print(*fields: str) -> None:
    sys.stdout.write("\t".join(fields) + "\n")
