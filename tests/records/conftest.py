"""Clusters for the tests of the supervisor, which break them: made once, copied for each test. And shelves to fill."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from mediatheque.model import EmbeddingModel
from mediatheque.records.database import Connection, Database, DatabaseConfig
from mediatheque.records.embedded import EmbeddedPostgres
from mediatheque.records.search import embedding_models
from tests.records import seed
from tests.records.embedded import clusters


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose cluster has a table `kept`; stopped, to be copied."""
    data = tmp_path_factory.mktemp("made") / "data"
    server = EmbeddedPostgres(clusters.config(data))
    with server as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n bigint)")
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own, with a cluster."""
    return clusters.copy(made, tmp_path / "data")


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[tuple[Connection, EmbeddingModel]]:
    """Two workspaces without assets, and a space of three dimensions."""
    async with (
        Database(DatabaseConfig(url=database_url, pool_min=1, pool_max=1)) as database,
        database.connection() as conn,
    ):
        await seed.furnish(conn)
        async with conn.transaction():
            model = await embedding_models.add(conn, name="test", spec="test", dimensions=3)
        yield conn, model
