"""Threads that upload through all doors at once and remember what was promised to them."""

import random
import threading
import time
from types import TracebackType
from typing import Self

import httpx

from tests.durability.helpers import endpoints
from tests.durability.helpers.endpoints import Promise, Refused
from tests.durability.helpers.processes import eventually
from tests.server import Serve


class Uploading:
    """While it lasts, `threads` clients upload new pictures, and now and then one that was sent before.

    `promises` holds every acknowledged upload, `refusals` the statuses of all others; lost connections are expected.
    """

    def __init__(self, server: Serve, key: str, threads: int = 4) -> None:
        self.promises: list[Promise] = []
        self.refusals: list[Refused] = []
        self._server = server
        self._key = key
        self._known = [endpoints.picture(5_000) for _ in range(3)]
        self._done = threading.Event()
        self._faults: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=[n], daemon=True) for n in range(threads)]

    def go_on(self, more: int, seconds: float = 120) -> None:
        """Return once this many further uploads were acknowledged."""
        enough = len(self.promises) + more
        eventually(lambda: len(self.promises) >= enough or self._faults, seconds, "uploads do not go on")
        assert not self._faults, self._faults

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(30)

    def _run(self, number: int) -> None:
        try:
            with httpx.Client(base_url=self._server.url, timeout=60) as http:
                for endpoint in endpoints.in_turn(number):
                    if self._done.is_set():
                        return
                    self._upload(http, endpoint)
        except BaseException as error:  # shown by the thread that waits
            self._faults.append(error)
            raise

    def _upload(self, http: httpx.Client, endpoint: "endpoints.Door") -> None:
        chance = random.random()
        data = random.choice(self._known) if chance < 0.2 else endpoints.picture(int(chance * 300_000))
        try:
            self.promises.append(endpoint(http, self._key, data))
        except Refused as refused:
            self.refusals.append(refused)
            time.sleep(0.02)
        except httpx.TransportError:
            time.sleep(0.02)
