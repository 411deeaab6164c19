import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from mediatheque.blobs import Disk
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.library import Library
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Scope
from mediatheque.records.database import Database, DatabaseConfig
from tests.embedding import onnx_pair


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One worker process for all tests of this process: starting it takes half a second."""
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start()
    yield sandbox
    asyncio.run(sandbox.close())


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """What the default embedder makes of its weights, once for all workers of the run."""
    base = tmp_path_factory.getbasetemp()
    return (base if worker_id == "master" else base.parent) / "embedding-cache"


@pytest.fixture
async def library(database_url: str, tmp_path: Path, sandbox: Sandbox, models: Path) -> AsyncIterator[Library]:
    """The verbs over a real database and a real disk."""
    async with Database(DatabaseConfig(url=database_url, pool_min=1)) as database:
        yield Library(database, Disk(tmp_path / "blobs"), sandbox, EmbeddingConfig(cache=models))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small model that knows colours."""
    return f"onnx-clip:{onnx_pair.clip_like(tmp_path_factory.mktemp('clip'))}"


@pytest.fixture(scope="session")
def siglip(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Another one."""
    return f"onnx-clip:{onnx_pair.siglip_like(tmp_path_factory.mktemp('siglip'))}"


@pytest.fixture
async def seeing(library: Library, clip: str) -> Library:
    """The library with the small model."""
    return Library(library.database, library.store, library.sandbox, EmbeddingConfig(model=clip))


@pytest.fixture
async def workspace(library: Library) -> UUID:
    principal = await library.accounts.authenticate(await library.accounts.create_key("one", frozenset(Scope)))
    return principal.workspace_id
