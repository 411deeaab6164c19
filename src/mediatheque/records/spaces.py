"""Rows about embedding models, each a space of vectors with an index of its own."""

from typing import Any

import msgspec

from mediatheque.records.database import Connection


class Space(msgspec.Struct, frozen=True, kw_only=True):
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


def _space(row: dict[str, Any]) -> Space:
    return msgspec.convert({name: row[name] for name in Space.__struct_fields__}, Space)


async def all_of_them(conn: Connection) -> list[Space]:
    """Every space, the active one first."""
    cursor = await conn.execute("SELECT * FROM embedding_model ORDER BY active DESC, id")
    return [_space(row) for row in await cursor.fetchall()]


async def add(conn: Connection, *, name: str, spec: str, dimensions: int) -> Space:
    """The space of that name, made with its index unless it is there; active if it is the first one.

    In a transaction of the caller's: others who add one wait until it ends.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('embedding_model', 0))")
    cursor = await conn.execute(
        """
        INSERT INTO embedding_model (name, spec, dimensions, active)
        SELECT %s, %s, %s, NOT EXISTS (SELECT FROM embedding_model WHERE active)
        ON CONFLICT (name) DO UPDATE SET spec = excluded.spec RETURNING *
        """,
        (name, spec, dimensions),
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("an insert returns its row")
    space = _space(row)
    await conn.execute(f"""
        CREATE INDEX IF NOT EXISTS {_index(space)} ON embedding
        USING hnsw ((vector::halfvec({space.dimensions})) halfvec_cosine_ops) WHERE model_id = {space.id}
    """)
    return space


async def activate(conn: Connection, space: Space) -> None:
    """From now on searches are in this space."""
    await conn.execute("UPDATE embedding_model SET active = false WHERE active")
    await conn.execute("UPDATE embedding_model SET active = true WHERE id = %s", (space.id,))


async def remove(conn: Connection, space: Space) -> None:
    """Forget the space with its vectors and its index."""
    await conn.execute(f"DROP INDEX IF EXISTS {_index(space)}")
    await conn.execute("DELETE FROM embedding WHERE model_id = %s", (space.id,))
    await conn.execute("DELETE FROM embedding_model WHERE id = %s", (space.id,))


def _index(space: Space) -> str:
    return f"embedding_vectors_{space.id}"
