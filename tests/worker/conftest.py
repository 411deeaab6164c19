"""A library over a real database and a real disk, and a queue to look into. No sandbox: tasks here open no file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mediatheque.blobs import Disk
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.library import Library
from mediatheque.media.config import SandboxConfig
from mediatheque.media.sandbox.sandbox import Sandbox
from mediatheque.records.database import Database, DatabaseConfig
from tests.embedding import onnx_pair
from tests.worker.queue import Queue


@pytest.fixture(scope="session")
def embedding(tmp_path_factory: pytest.TempPathFactory) -> EmbeddingConfig:
    """A small model, that no worker waits for."""
    return EmbeddingConfig(model=f"onnx-clip:{onnx_pair.clip_like(tmp_path_factory.mktemp('clip'))}")


@pytest.fixture
async def library(database_url: str, tmp_path: Path, embedding: EmbeddingConfig) -> AsyncIterator[Library]:
    async with Database(DatabaseConfig(url=database_url, pool_min=1)) as database:
        yield Library(database, Disk(tmp_path / "blobs"), Sandbox(SandboxConfig()), embedding)


@pytest.fixture
def queue(library: Library) -> Queue:
    return Queue(library.database)
