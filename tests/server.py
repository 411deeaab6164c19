"""A real `mediatheque serve` in a process of its own, for tests that speak to it over a socket."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from uuid import uuid4

import httpx

from mediatheque.library.accounts import Accounts
from mediatheque.model import Scope
from mediatheque.records.database import Database, DatabaseConfig
from mediatheque.records.embedded import running_conninfo
from tests.data_folder import Template

PROGRAM = Path(sys.executable).with_name("mediatheque")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Serve:
    """The server as an operator starts it, but for the worker process beside it, which costs time and memory.

    Tests that need it set `MEDIATHEQUE_RUN_WORKER`. `key` is the one its first start printed, if this was the first.
    A folder that does not exist is made from the template; with `durable`, PostgreSQL keeps its own settings there.
    """

    def __init__(
        self,
        data: Path,
        *,
        env: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        durable: bool = False,
    ) -> None:
        self.data = data
        self.durable = durable
        shared = {"MEDIATHEQUE_RUN_WORKER": "false", "MEDIATHEQUE_EMBEDDING_CACHE": str(Template.models)}
        self.env = {**os.environ, **shared, **(env or {})}
        self.arguments = arguments
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.out = data.with_name(f"{data.name}.out")
        self.err = data.with_name(f"{data.name}.err")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        if not self.data.exists() and "MEDIATHEQUE_DATABASE_URL" not in self.env:
            Template.copy(self.data, durable=self.durable)
        command = [PROGRAM, "serve", "--data", self.data, "--port", str(self.port), *self.arguments]
        with self.out.open("ab") as out, self.err.open("ab") as err:
            self.process = subprocess.Popen(
                command, env=self.env, stdout=out, stderr=err, stdin=subprocess.DEVNULL, start_new_session=True
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.process.kill()
            raise
        return self

    @property
    def key(self) -> str:
        found = re.search(r"^ +(mtq_\S+)$", self.out.read_text(), re.MULTILINE)
        assert found, self.err.read_text()
        return found.group(1)

    @property
    def database_url(self) -> str:
        url = self.env.get("MEDIATHEQUE_DATABASE_URL") or running_conninfo(self.data)
        assert url
        return url

    def new_key(self, *scopes: Scope, workspace: str | None = None) -> str:
        """A key of a fresh workspace (or the one named), made without the command line's start-up time."""

        async def create() -> str:
            async with Database(DatabaseConfig(url=self.database_url, pool_min=1, pool_max=1)) as database:
                wanted = frozenset(scopes or (Scope.READ, Scope.WRITE))
                return await Accounts(database).create_key(workspace or uuid4().hex, wanted)

        return asyncio.run(create())

    def log(self) -> str:
        return self.err.read_text()

    def stop(self, signum: signal.Signals = signal.SIGTERM, within: float = 120) -> int:
        """End it and wait; the exit status."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signum)
        return self.process.wait(within)

    def kill(self) -> None:
        """kill -9 of the main process, and of nothing else."""
        self.stop(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            assert self.process
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}: {self.err.read_text()[-3000:]}")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=30).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"serve is not ready: {self.err.read_text()[-3000:]}")
