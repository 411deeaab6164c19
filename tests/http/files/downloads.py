"""An application that serves files, as Granian serves it in the tests."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

from litestar import Litestar, get, route
from litestar.params import FromPath

from mediatheque.http.files.headers import represent
from mediatheque.http.files.response import FileResponse
from mediatheque.http.middleware.request import RequestConfig, RequestMiddleware
from mediatheque.library.catalog.files import FileContent, RangeReader

MIB = 1024 * 1024
_closed: list[int] = []


def content_of(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def bucket(content: bytes, piece: int = 10_000) -> RangeReader:
    async def read(start: int, length: int) -> AsyncIterator[bytes]:
        for at in range(start, start + length, piece):
            yield content[at : min(at + piece, start + length)]

    return read


def answer(source: FileContent, size: int) -> FileResponse:
    created = datetime(2026, 11, 21, tzinfo=UTC)
    return FileResponse(represent(size=size, mime="image/png", name="x", sha256=b"x" * 32, created_at=created), source)


@route("/{kind:str}/{size:int}", http_method=["GET", "HEAD"])
async def file(kind: FromPath[str], size: FromPath[int]) -> FileResponse:
    if kind == "bucket":
        return answer(bucket(content_of(size), MIB), size)
    path = Path(os.environ["DOWNLOADS"], str(size))
    await asyncio.to_thread(path.write_bytes, content_of(size))
    return answer(path, size)


@get("/endless")
async def endless() -> FileResponse:
    """10 GB at the speed of a disk."""

    async def read(start: int, length: int) -> AsyncIterator[bytes]:
        read = 0
        try:
            while read < length // MIB:
                read += 1
                await asyncio.sleep(0.001)
                yield bytes(MIB)
        finally:
            _closed.append(read)

    return answer(read, 10_000 * MIB)


@get("/endless/read")
async def how_far() -> dict[str, list[int]]:
    """How many MiB were read when the reading ended."""
    return {"closed": _closed}


app = RequestMiddleware(
    Litestar([file, endless, how_far], openapi_config=None, logging_config=None), RequestConfig(access_log=False)
)
