"""Clients that never give up, and never send again what was acknowledged."""

import hashlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from types import TracebackType
from typing import Any, Self

import httpx

from tests import samples
from tests.durability.helpers.endpoints import picture
from tests.server import Serve

STRIDE = 10 * 1024 * 1024
PATIENCE = 120.0
# What a server that is not there, or not yet ready, says; everything else is a fault.
_PASSING = frozenset({500, 502, 503, 504})


class Kept:
    """What one acknowledged upload promised."""

    def __init__(self, url: str, data: bytes) -> None:
        self.path = httpx.URL(url).path
        self.sha256 = hashlib.sha256(data).hexdigest()


class Persistent:
    """While it lasts, clients upload in parts and directly. Each step is repeated until it is acknowledged, once."""

    def __init__(self, server: Serve, key: str) -> None:
        self.kept: list[Kept] = []
        self.steps = 0
        self.faults: list[BaseException] = []
        self._server = server
        self._headers = {"authorization": f"Key {key}"}
        self._done = threading.Event()
        jobs = (self._in_parts, self._in_parts, self._in_full_parts, self._directly, self._directly)
        self._threads = [threading.Thread(target=self._run, args=[job], daemon=True) for job in jobs]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not self.faults, self.faults
        assert not any(thread.is_alive() for thread in self._threads), "an upload is stuck"

    def _run(self, job: Callable[[httpx.Client], Kept]) -> None:
        try:
            with httpx.Client(base_url=self._server.url, timeout=60) as http:
                while not self._done.is_set():
                    self.kept.append(job(http))
        except BaseException as error:  # shown by the thread that waits
            self.faults.append(error)
            raise

    def _in_parts(self, http: httpx.Client) -> Kept:
        data = picture(random.randrange(20_000, 400_000))
        size = random.randrange(5_000, 90_000)
        return self._joined(http, data, [data[at : at + size] for at in range(0, len(data), size)])

    def _in_full_parts(self, http: httpx.Client) -> Kept:
        """Parts of the size that fal's clients send, which are joined without a copy."""
        data = os.urandom(1 << 16) * (STRIDE >> 16) + picture(30_000)
        return self._joined(
            http, data, [data[:STRIDE], data[STRIDE:]], name="big.bin", type_="application/octet-stream"
        )

    def _joined(
        self, http: httpx.Client, data: bytes, parts: list[bytes], name: str = "a.jpg", type_: str = "image/jpeg"
    ) -> Kept:
        headers = {**self._headers, "x-fal-file-name": name, "content-type": type_}
        begun = self._step(http, "POST", "/files/upload/multipart", headers=headers)
        address = f"{httpx.URL(begun['access_url']).path}/multipart/{begun['uploadId']}"
        listed = []
        numbered = list(enumerate(parts, 1))
        random.shuffle(numbered)
        for number, part in numbered:
            answer = self._step(http, "PUT", f"{address}/{number}", content=part, headers=self._headers)
            listed.append({"partNumber": number, "etag": answer["etag"]})
        done = self._step(http, "POST", f"{address}/complete", json={"parts": listed}, headers=self._headers)
        return Kept(done["access_url"], data)

    def _directly(self, http: httpx.Client) -> Kept:
        data = samples.jpeg() if random.random() < 0.2 else picture(random.randrange(5_000, 300_000))
        wanted = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": len(data)}
        slot = self._step(http, "POST", "/v3/assets/direct-uploads", json=wanted, headers=self._headers)["data"]
        self._step(http, "PUT", slot["upload_url"], content=data)
        path = f"/v3/assets/{slot['asset_id']}/complete"
        return Kept(self._step(http, "POST", path, json={}, headers=self._headers)["data"]["url"], data)

    def _step(self, http: httpx.Client, method: str, path: str, **request: Any) -> Any:
        for _ in _patiently():
            try:
                answer = http.request(method, path, **request)
            except httpx.TransportError:
                continue
            if answer.is_success:
                self.steps += 1
                return answer.json() if answer.content else None
            assert answer.status_code in _PASSING, (method, path, answer.status_code, answer.text)
        raise AssertionError(f"{method} {path} was not answered in {PATIENCE} s")


def _patiently() -> Iterator[int]:
    deadline = time.monotonic() + PATIENCE
    for attempt in count():
        if time.monotonic() > deadline:
            return
        yield attempt
        time.sleep(0.03)
