"""An application that serves files, run by Granian in the tests."""

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


def make_content(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def remote_content(content: bytes, chunk_size: int = 10_000) -> RangeReader:
    async def read(start: int, length: int) -> AsyncIterator[bytes]:
        for at in range(start, start + length, chunk_size):
            yield content[at : min(at + chunk_size, start + length)]

    return read


def file_response(source: FileContent, size: int) -> FileResponse:
    created = datetime(2026, 11, 21, tzinfo=UTC)
    return FileResponse(represent(size=size, mime="image/png", name="x", sha256=b"x" * 32, created_at=created), source)


@route("/{kind:str}/{size:int}", http_method=["GET", "HEAD"])
async def file(kind: FromPath[str], size: FromPath[int]) -> FileResponse:
    if kind == "remote_content":
        return file_response(remote_content(make_content(size), MIB), size)
    path = Path(os.environ["DOWNLOADS"], str(size))
    await asyncio.to_thread(path.write_bytes, make_content(size))
    return file_response(path, size)


@get("/endless")
async def endless() -> FileResponse:
    """A file of 10 GB, read at the speed of a disk."""

    async def read(start: int, length: int) -> AsyncIterator[bytes]:
        read = 0
        try:
            while read < length // MIB:
                read += 1
                await asyncio.sleep(0.001)
                yield bytes(MIB)
        finally:
            _closed.append(read)

    return file_response(read, 10_000 * MIB)


@get("/endless/read")
async def chunks_read() -> dict[str, list[int]]:
    """For each closed reader, how many MiB were read."""
    return {"closed": _closed}


app = RequestMiddleware(
    Litestar([file, endless, chunks_read], openapi_config=None, logging_config=None), RequestConfig(access_log=False)
)
