"""Rows about embedding models, each a space of vectors with an index of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec

from mediatheque.records.database import Connection

_CANDIDATES = 128  # looked at for the neighbours of a new vector; with 64 some crowds of like vectors are not reached


class EmbeddingModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model's vectors: `name` says which can be compared, `spec` which embedder makes them."""

    id: int
    name: str
    spec: str
    dimensions: int
    active: bool

    @property
    def column(self) -> str:
        """The vectors, as the space's index has them: it serves what is written exactly so."""
        return f"e.vector::halfvec({self.dimensions})"

    @property
    def own(self) -> str:
        """What holds for the rows of this space `e` alone, as the index wants it: a constant, not a parameter."""
        return f"e.model_id = {self.id}"


def _space(row: dict[str, Any]) -> EmbeddingModel:
    return msgspec.convert({name: row[name] for name in EmbeddingModel.__struct_fields__}, EmbeddingModel)


async def list_all(conn: Connection) -> list[EmbeddingModel]:
    """Every space, the active one first."""
    cursor = await conn.execute("SELECT * FROM embedding_model ORDER BY active DESC, id")
    return [_space(row) for row in await cursor.fetchall()]


async def add(conn: Connection, *, name: str, spec: str, dimensions: int) -> EmbeddingModel:
    """The space of that name, made unless it is there; whoever makes it gives it an `index`."""
    cursor = await conn.execute(
        """
        INSERT INTO embedding_model (name, spec, dimensions) VALUES (%s, %s, %s)
        ON CONFLICT (name) DO UPDATE SET spec = excluded.spec RETURNING *
        """,
        (name, spec, dimensions),
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("an insert returns its row")
    return _space(row)


async def add_first(conn: Connection, *, name: str, spec: str, dimensions: int) -> None:
    """The first space, active and with its index, unless there is one.

    In a transaction of the caller's: others who do this wait until it ends. There are no vectors yet to be indexed.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('embedding_model', 0))")
    if not await list_all(conn):
        model = await add(conn, name=name, spec=spec, dimensions=dimensions)
        await activate(conn, model)
        await conn.execute(f"CREATE INDEX {_index(model)} {_indexed(model)}")


async def index(conn: Connection, model: EmbeddingModel) -> None:
    """Give the space its index, unless it has one, while others write vectors. Not in a transaction."""
    async with _at_leisure(conn):
        cursor = await conn.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", (_index(model),)
        )
        row = await cursor.fetchone()
        if row and not row["indisvalid"]:  # whoever made it was interrupted
            await conn.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_index(model)}")
        await conn.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {_index(model)} {_indexed(model)}")


async def activate(conn: Connection, model: EmbeddingModel) -> None:
    """From now on searches are in this space."""
    await conn.execute("UPDATE embedding_model SET active = false WHERE active")
    await conn.execute("UPDATE embedding_model SET active = true WHERE id = %s", (model.id,))


async def drop_index(conn: Connection, model: EmbeddingModel) -> None:
    """Take the space's index away, while others search. Not in a transaction."""
    async with _at_leisure(conn):
        await conn.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_index(model)}")


async def clear(conn: Connection, model: EmbeddingModel, after: UUID, limit: int) -> UUID | None:
    """Forget so many of the space's vectors, from the asset of that id on; the last one's, None if there were none.

    What others hold, who delete its asset, is left for the next time: waiting for them could be a deadlock.
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


async def remove(conn: Connection, model: EmbeddingModel) -> bool:
    """Forget the space, in a transaction of the caller's; False if it has vectors yet."""
    await conn.execute("SELECT FROM embedding_model WHERE id = %s FOR UPDATE", (model.id,))  # nothing more comes
    cursor = await conn.execute(
        """
        DELETE FROM embedding_model m
        WHERE id = %s AND NOT EXISTS (SELECT FROM embedding WHERE model_id = m.id) RETURNING id
        """,
        (model.id,),
    )
    return await cursor.fetchone() is not None


@asynccontextmanager
async def _at_leisure(conn: Connection) -> AsyncIterator[None]:
    """Without a limit of time for a statement."""
    await conn.execute("SET statement_timeout = 0")
    try:
        yield
    finally:
        if not conn.closed:
            await conn.execute("RESET statement_timeout")


def _indexed(model: EmbeddingModel) -> str:
    return (
        f"ON embedding USING hnsw ((vector::halfvec({model.dimensions})) halfvec_cosine_ops)"
        f" WITH (ef_construction = {_CANDIDATES}) WHERE model_id = {model.id}"
    )


def _index(model: EmbeddingModel) -> str:
    return f"embedding_vectors_{model.id}"
