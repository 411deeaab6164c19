"""Rows of embedding models, each with an index of its own over its vectors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.model import EmbeddingModel
from mediatheque.records.database import Connection, fetch_one

_EF_CONSTRUCTION = 128  # candidates for the neighbours of a new vector; with 64 some crowds of similar vectors are lost


def rows_of(model: EmbeddingModel) -> str:
    """Return the condition that selects the model's rows among the embeddings `e`.

    The id is a constant, not a parameter: PostgreSQL uses the model's partial index only then.
    """
    return f"e.model_id = {model.id}"


def _from_row(row: dict[str, Any]) -> EmbeddingModel:
    return msgspec.convert({name: row[name] for name in EmbeddingModel.__struct_fields__}, EmbeddingModel)


async def list_all(conn: Connection) -> list[EmbeddingModel]:
    """Return all models, the active one first."""
    cursor = await conn.execute("SELECT * FROM embedding_model ORDER BY active DESC, id")
    return [_from_row(row) for row in await cursor.fetchall()]


async def add(conn: Connection, *, name: str, spec: str, dimensions: int) -> EmbeddingModel:
    """Return the model of that name, inserted unless it exists. The caller then runs `create_index`."""
    cursor = await conn.execute(
        """
        INSERT INTO embedding_model (name, spec, dimensions) VALUES (%s, %s, %s)
        ON CONFLICT (name) DO UPDATE SET spec = excluded.spec RETURNING *
        """,
        (name, spec, dimensions),
    )
    return _from_row(await fetch_one(cursor))


async def add_first(conn: Connection, *, name: str, spec: str, dimensions: int) -> None:
    """Insert the first model, active and with its index, unless there is a model.

    Runs in the caller's transaction; a concurrent call waits until it ends. There are no vectors to index yet.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('embedding_model', 0))")
    if not await list_all(conn):
        model = await add(conn, name=name, spec=spec, dimensions=dimensions)
        await activate(conn, model)
        await conn.execute(f"CREATE INDEX {_index_name(model)} {_index_definition(model)}")


async def create_index(conn: Connection, model: EmbeddingModel) -> None:
    """Create the model's index unless it exists, while vectors are written. Not to be called in a transaction."""
    async with _without_timeout(conn), _without_parallel_build(conn):
        cursor = await conn.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", (_index_name(model),)
        )
        row = await cursor.fetchone()
        if row and not row["indisvalid"]:  # a former call was interrupted
            await conn.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_index_name(model)}")
        await conn.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {_index_name(model)} {_index_definition(model)}")


async def activate(conn: Connection, model: EmbeddingModel) -> None:
    """Make this the model that searches use."""
    await conn.execute("UPDATE embedding_model SET active = false WHERE active")
    await conn.execute("UPDATE embedding_model SET active = true WHERE id = %s", (model.id,))


async def drop_index(conn: Connection, model: EmbeddingModel) -> None:
    """Drop the model's index while searches go on. Not to be called in a transaction."""
    async with _without_timeout(conn):
        await conn.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_index_name(model)}")


async def delete_vectors(conn: Connection, model: EmbeddingModel, after: UUID, limit: int) -> UUID | None:
    """Delete up to `limit` vectors of the model, in the order of their assets, from that id on.

    Returns the last asset's id, None when no vectors were left. Rows locked by a concurrent deletion of their asset are
    skipped: waiting for them could be a deadlock.
    """
    cursor = await conn.execute(
        """
        WITH chosen AS (
            SELECT asset_id, part FROM embedding WHERE asset_id >= %(after)s AND model_id = %(model)s
            ORDER BY asset_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ), gone AS (
            DELETE FROM embedding e USING chosen s
            WHERE e.asset_id = s.asset_id AND e.model_id = %(model)s AND e.part = s.part
        )
        SELECT asset_id FROM chosen ORDER BY asset_id DESC LIMIT 1
        """,
        {"model": model.id, "after": after, "limit": limit},
    )
    row = await cursor.fetchone()
    return row["asset_id"] if row else None


async def delete(conn: Connection, model: EmbeddingModel) -> bool:
    """Delete the model in the caller's transaction; returns False when it still has vectors."""
    await conn.execute("SELECT FROM embedding_model WHERE id = %s FOR UPDATE", (model.id,))  # inserts of vectors wait
    cursor = await conn.execute(
        """
        DELETE FROM embedding_model m
        WHERE id = %s AND NOT EXISTS (SELECT FROM embedding WHERE model_id = m.id) RETURNING id
        """,
        (model.id,),
    )
    return await cursor.fetchone() is not None


@asynccontextmanager
async def _without_timeout(conn: Connection) -> AsyncIterator[None]:
    """Lift the time limit of statements inside the block; the connection is of `Database.session`."""
    limit = await fetch_one(await conn.execute("SELECT current_setting('statement_timeout') AS value"))
    await conn.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        if not conn.closed:
            await conn.execute("SELECT set_config('statement_timeout', %(value)s, false)", limit)


@asynccontextmanager
async def _without_parallel_build(conn: Connection) -> AsyncIterator[None]:
    """Build indexes in one process inside the block.

    Several would share all of `maintenance_work_mem` in /dev/shm, which has 64 MB in a container; and few rows of a
    new model, if any, are there to build from.
    """
    await conn.execute("SET max_parallel_maintenance_workers = 0")
    try:
        yield
    finally:
        if not conn.closed:
            await conn.execute("RESET max_parallel_maintenance_workers")


def _index_definition(model: EmbeddingModel) -> str:
    return (
        f"ON embedding USING hnsw ((vector::halfvec({model.dimensions})) halfvec_cosine_ops)"
        f" WITH (ef_construction = {_EF_CONSTRUCTION}) WHERE model_id = {model.id}"
    )


def _index_name(model: EmbeddingModel) -> str:
    return f"embedding_vectors_{model.id}"
