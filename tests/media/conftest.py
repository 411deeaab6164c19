import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.media.sniff import HEAD_BYTES, sniff
from mediatheque.model import MediaInfo

Put = Callable[[bytes], Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write bytes as a spool file: a path without an extension."""

    def write(data: bytes) -> Path:
        path = tmp_path / os.urandom(8).hex()
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start()
    yield sandbox
    await sandbox.close()


async def probed(sandbox: Sandbox, path: Path) -> MediaInfo:
    with path.open("rb") as file:
        format_ = sniff(file.read(HEAD_BYTES))
    assert format_ is not None
    return (await sandbox.probe(path, format_)).media_info
