import asyncio
import functools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from mediatheque import embedding
from mediatheque.blobs import Disk
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.embedding.embedder import Embedder
from mediatheque.library import Library
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.model import Scope
from mediatheque.records.database import Database, DatabaseConfig
from tests.data_folder import Template
from tests.embedding import onnx_pair


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One worker process for all tests of this process: starting it takes half a second."""
    sandbox = Sandbox(SandboxConfig(), processes=1)
    sandbox.start()
    yield sandbox
    asyncio.run(sandbox.close())


_opened_once = functools.cache(embedding.open_embedder)


@pytest.fixture
def default_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default model is loaded once for all tests of this process, which takes 0.3 s; others whenever asked for."""
    open_anew = embedding.open_embedder

    def opened(spec: str, cache: Path, threads: int = 1) -> Embedder:
        kept = (spec, cache) == ("basic", Template.models)
        return (_opened_once if kept else open_anew)(spec, cache, threads)

    monkeypatch.setattr(embedding, "open_embedder", opened)


@pytest.fixture
async def library(database_url: str, tmp_path: Path, sandbox: Sandbox, default_model: None) -> AsyncIterator[Library]:
    """The verbs over a real database and a real disk."""
    async with Database(DatabaseConfig(url=database_url, pool_min=1)) as database:
        yield Library(database, Disk(tmp_path / "blobs"), sandbox, EmbeddingConfig(cache=Template.models))


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
