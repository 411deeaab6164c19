"""Indexes of vectors are built within the shared memory of a container, which has 64 MB."""

import psycopg
import pytest

from mediatheque.errors import DatabaseUnavailable, StorageFull
from mediatheque.model import EmbeddingModel
from mediatheque.records.database import Connection, Database, DatabaseConfig
from mediatheque.records.search import embedding_models


async def test_an_index_is_built_without_shared_memory(opened: tuple[Connection, EmbeddingModel]) -> None:
    conn, model = opened
    said: list[str] = []
    conn.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    await conn.execute("ALTER TABLE embedding SET (parallel_workers = 2)")
    await conn.execute("SET client_min_messages = debug1")
    await embedding_models.create_index(conn, model)
    await conn.execute("RESET client_min_messages")
    [built] = [line for line in said if line.startswith("building index")]
    assert built.endswith("serially")
    shown = await conn.execute("SHOW max_parallel_maintenance_workers")
    assert await shown.fetchone() == {"max_parallel_maintenance_workers": "2"}


@pytest.mark.parametrize(
    ("source", "expected"), [("dsm_impl.c", DatabaseUnavailable), ("md.c", StorageFull), ("fd.c", StorageFull)]
)
async def test_full_shared_memory_is_no_full_disk(source: str, expected: type[Exception], database_url: str) -> None:
    class Diagnostic:
        source_file = source
        severity_nonlocalized = "ERROR"

    class NoSpace(psycopg.errors.DiskFull):
        @property
        def diag(self) -> Diagnostic:  # type: ignore[override]
            return Diagnostic()

    async with Database(DatabaseConfig(url=database_url, pool_min=1)) as database:
        with pytest.raises(expected):
            async with database.connection():
                raise NoSpace("could not resize shared memory segment")
