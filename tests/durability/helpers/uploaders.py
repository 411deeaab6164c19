"""Threads that upload through all endpoints and record what was acknowledged."""

import random
import threading
import time
from types import TracebackType
from typing import Self

import httpx

from tests.durability.helpers import endpoints
from tests.durability.helpers.endpoints import AcknowledgedUpload, NotAcknowledged
from tests.durability.helpers.processes import eventually
from tests.server import Serve


class ContinuousUploads:
    """Within the block, `threads` clients upload new images, and sometimes one that was sent before.

    `acknowledged` holds every acknowledged upload, `failures` all others; lost connections are expected.
    """

    def __init__(self, server: Serve, key: str, threads: int = 4) -> None:
        self.acknowledged: list[AcknowledgedUpload] = []
        self.failures: list[NotAcknowledged] = []
        self._server = server
        self._key = key
        self._known = [endpoints.new_jpeg(5_000) for _ in range(3)]
        self._done = threading.Event()
        self._faults: list[BaseException] = []
        self._threads = [threading.Thread(target=self._run, args=[n], daemon=True) for n in range(threads)]

    def wait_for_more(self, more: int, seconds: float = 120) -> None:
        """Wait until this many further uploads are acknowledged."""
        enough = len(self.acknowledged) + more
        eventually(
            lambda: len(self.acknowledged) >= enough or self._faults, seconds, "no further uploads are acknowledged"
        )
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
                for endpoint in endpoints.cycle_endpoints(number):
                    if self._done.is_set():
                        return
                    self._upload(http, endpoint)
        except BaseException as error:  # reported by the waiting thread
            self._faults.append(error)
            raise

    def _upload(self, http: httpx.Client, endpoint: "endpoints.UploadTo") -> None:
        chance = random.random()
        data = random.choice(self._known) if chance < 0.2 else endpoints.new_jpeg(int(chance * 300_000))
        try:
            self.acknowledged.append(endpoint(http, self._key, data))
        except NotAcknowledged as refused:
            self.failures.append(refused)
            time.sleep(0.02)
        except httpx.TransportError:
            time.sleep(0.02)
