"""Clients that retry each step until it is acknowledged, and never repeat an acknowledged one."""

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
from tests.durability.helpers.endpoints import new_jpeg
from tests.server import Serve

PART_BYTES = 10 * 1024 * 1024
MAX_RETRY_SECONDS = 120.0
# Statuses of a server that is starting or stopping; every other error fails the test.
_RETRYABLE = frozenset({500, 502, 503, 504})


class AcknowledgedFile:
    """The path and the digest of an acknowledged upload."""

    def __init__(self, url: str, data: bytes) -> None:
        self.path = httpx.URL(url).path
        self.sha256 = hashlib.sha256(data).hexdigest()


class PersistentClients:
    """Within the block, clients make uploads of every kind, and repeat each step until it is acknowledged.

    Plain uploads go through Krea's and fal's endpoints, which write rows with and without an asset. Some are of bytes
    that are stored already, and some are larger than what is stored in one call.
    """

    def __init__(self, server: Serve, key: str) -> None:
        self.acknowledged: list[AcknowledgedFile] = []
        self.steps = 0
        self.faults: list[BaseException] = []
        self._server = server
        self._headers = {"authorization": f"Key {key}"}
        self._done = threading.Event()
        uploads = (
            self._upload_multipart,
            self._upload_multipart,
            self._upload_full_size_parts,
            self._upload_directly,
            self._upload_directly,
            self._upload_asset,
            self._upload_asset,
            self._upload_file,
        )
        self._threads = [threading.Thread(target=self._run, args=[upload], daemon=True) for upload in uploads]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(MAX_RETRY_SECONDS)
        assert not self.faults, self.faults
        assert not any(thread.is_alive() for thread in self._threads), "an upload is stuck"

    def _run(self, upload: Callable[[httpx.Client], AcknowledgedFile]) -> None:
        try:
            with httpx.Client(base_url=self._server.url, timeout=60) as http:
                while not self._done.is_set():
                    self.acknowledged.append(upload(http))
        except BaseException as error:  # reported by the waiting thread
            self.faults.append(error)
            raise

    def _upload_multipart(self, http: httpx.Client) -> AcknowledgedFile:
        data = new_jpeg(random.randrange(20_000, 400_000))
        size = random.randrange(5_000, 90_000)
        return self._complete_multipart(http, data, [data[at : at + size] for at in range(0, len(data), size)])

    def _upload_full_size_parts(self, http: httpx.Client) -> AcknowledgedFile:
        """Upload parts of the size that fal's clients use, which are assembled without copying."""
        data = os.urandom(1 << 16) * (PART_BYTES >> 16) + new_jpeg(30_000)
        return self._complete_multipart(
            http, data, [data[:PART_BYTES], data[PART_BYTES:]], name="big.bin", type_="application/octet-stream"
        )

    def _complete_multipart(
        self, http: httpx.Client, data: bytes, parts: list[bytes], name: str = "a.jpg", type_: str = "image/jpeg"
    ) -> AcknowledgedFile:
        headers = {**self._headers, "x-fal-file-name": name, "content-type": type_}
        created = self._step(http, "POST", "/files/upload/multipart", headers=headers)
        address = f"{httpx.URL(created['access_url']).path}/multipart/{created['uploadId']}"
        uploaded = []
        numbered = list(enumerate(parts, 1))
        random.shuffle(numbered)
        for number, part in numbered:
            response = self._step(http, "PUT", f"{address}/{number}", content=part, headers=self._headers)
            uploaded.append({"partNumber": number, "etag": response["etag"]})
        done = self._step(http, "POST", f"{address}/complete", json={"parts": uploaded}, headers=self._headers)
        return AcknowledgedFile(done["access_url"], data)

    def _upload_directly(self, http: httpx.Client) -> AcknowledgedFile:
        data = samples.jpeg() if random.random() < 0.2 else new_jpeg(random.randrange(5_000, 300_000))
        declared = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": len(data)}
        slot = self._step(http, "POST", "/v3/assets/direct-uploads", json=declared, headers=self._headers)["data"]
        self._step(http, "PUT", slot["upload_url"], content=data)
        path = f"/v3/assets/{slot['asset_id']}/complete"
        return AcknowledgedFile(self._step(http, "POST", path, json={}, headers=self._headers)["data"]["url"], data)

    def _upload_asset(self, http: httpx.Client) -> AcknowledgedFile:
        data = samples.jpeg() if random.random() < 0.2 else new_jpeg(random.choice((20_000, 300_000, 1_500_000)))
        files = {"file": ("a.jpg", data, "image/jpeg")}
        asset = self._step(http, "POST", "/assets", files=files, headers=self._headers)
        return AcknowledgedFile(asset["image_url"], data)

    def _upload_file(self, http: httpx.Client) -> AcknowledgedFile:
        data = new_jpeg(random.choice((20_000, 300_000, 1_500_000)))
        headers = {**self._headers, "content-type": "image/jpeg", "x-fal-file-name": "a.jpg"}
        return AcknowledgedFile(
            self._step(http, "POST", "/files/upload", content=data, headers=headers)["access_url"], data
        )

    def _step(self, http: httpx.Client, method: str, path: str, **request: Any) -> Any:
        for _ in _attempts():
            try:
                response = http.request(method, path, **request)
            except httpx.TransportError:
                continue
            if response.is_success:
                self.steps += 1
                return response.json() if response.content else None
            assert response.status_code in _RETRYABLE, (method, path, response.status_code, response.text)
        raise AssertionError(f"{method} {path} got no response within {MAX_RETRY_SECONDS} s")


def _attempts() -> Iterator[int]:
    deadline = time.monotonic() + MAX_RETRY_SECONDS
    for attempt in count():
        if time.monotonic() > deadline:
            return
        yield attempt
        time.sleep(0.03)
