import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from mediatheque.blobs import Disk
from mediatheque.library import Library
from mediatheque.media.config import Config as SandboxConfig
from mediatheque.media.sandbox import Sandbox
from mediatheque.model import Scope
from mediatheque.records.database import Config, Database


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One worker process for all tests of this process: starting it takes half a second."""
    sandbox = Sandbox(SandboxConfig(workers=1))
    sandbox.start()
    yield sandbox
    asyncio.run(sandbox.close())


@pytest.fixture
async def library(database_url: str, tmp_path: Path, sandbox: Sandbox) -> AsyncIterator[Library]:
    """The verbs over a real database and a real disk."""
    async with Database(Config(url=database_url, pool_min=1)) as database:
        yield Library(database, Disk(tmp_path / "blobs"), sandbox)


@pytest.fixture
async def workspace(library: Library) -> UUID:
    caller = await library.accounts.authenticate(await library.accounts.create_key("one", frozenset(Scope)))
    return caller.workspace_id
