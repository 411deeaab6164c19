"""PostgreSQL clusters, created once and copied for each test, and a database with two workspaces."""

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
    """A data folder with a stopped cluster that has a table `kept`."""
    data = tmp_path_factory.mktemp("made") / "data"
    server = EmbeddedPostgres(clusters.config(data))
    with server as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (n bigint)")
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """A copy of the data folder for one test."""
    return clusters.copy(made, tmp_path / "data")


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[tuple[Connection, EmbeddingModel]]:
    """A database with two workspaces without assets, and an embedding model of three dimensions."""
    async with (
        Database(DatabaseConfig(url=database_url, pool_min=1, pool_max=1)) as database,
        database.connection() as conn,
    ):
        await seed.insert_workspaces(conn)
        async with conn.transaction():
            model = await embedding_models.add(conn, name="test", spec="test", dimensions=3)
        yield conn, model
