"""A program that does a piece of work in a child process and kills it, with SIGKILL, at a chosen step of the database.

It reads orders as lines of JSON and answers each with a line: `acknowledged`, what the work returned if it ended, and
`killed`. Step 2n is before the n-th statement that the work executes, step 2n + 1 after it. Every gap between two
statements is a step, and with it each commit, each file that is written and each request to a provider.
"""

import asyncio
import json
import os
import signal
import sys
import traceback
from base64 import b64decode
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from mediatheque.blobs import Disk
from mediatheque.http.fetch.config import FetchConfig
from mediatheque.library import Library
from mediatheque.library.keep.config import KeepConfig
from mediatheque.library.keep.keeps import KeepOrder
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.providers.config import ProvidersConfig
from mediatheque.providers.registry import open_providers
from mediatheque.records.database import Database, DatabaseConfig


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, for which workspace, and at which step to kill; None is never."""

    work: str
    step: int | None
    url: str
    blobs: str
    workspace: UUID
    keep: KeepConfig
    fetch: FetchConfig
    providers: ProvidersConfig
    argument: Any


async def do(order: Order, library: Library) -> str:
    """Do the work and return the id of its keep."""
    argument = order.argument
    match order.work:
        case "accept":
            keep = await library.keep.keeps.accept(order.workspace, KeepOrder(**argument))
            return str(keep.id)
        case "receive":
            hook = await library.keep.hooks.authorize(argument["provider"], argument["token"])
            received = await library.keep.hooks.receive(hook, argument["headers"], b64decode(argument["body"]))
            return str(received.id) if received else ""
        case _:
            await library.keep.work.advance(UUID(argument))
            return str(argument)


def kill_at(step: int) -> None:
    """Let this process be killed at that step from now on."""
    taken = 0
    execute = AsyncConnection.execute

    def count() -> None:
        nonlocal taken
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)
        taken += 1

    async def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        count()
        cursor = await execute(self, *arguments, **options)
        count()
        return cursor

    AsyncConnection.execute = counted  # type: ignore[method-assign]


async def in_child(order: Order) -> str:
    database = Database(DatabaseConfig(url=order.url, pool_min=1, pool_max=2))
    sandbox = Sandbox(SandboxConfig(), processes=1)
    providers = open_providers(order.providers, order.keep, order.fetch)
    async with database:
        library = Library(database, Disk(Path(order.blobs)), sandbox, keep=order.keep, providers=providers)
        sandbox.start(eager=False)
        try:
            if order.step is not None:
                kill_at(order.step)
            return await do(order, library)
        finally:
            await sandbox.close()


def run(order: Order) -> dict[str, Any]:
    """Do the work in a child process, and tell how that ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.dup2(2, 1)  # its log is none of the answers
        try:
            os.write(writing, asyncio.run(in_child(order)).encode())
        except BaseException:  # noqa: BLE001 - told, since the answer cannot tell it
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        acknowledged = answer.read().decode()
    _, status = os.waitpid(child, 0)
    return {"acknowledged": acknowledged, "killed": os.WIFSIGNALED(status)}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(msgspec.json.decode(line, type=Order))), flush=True)
