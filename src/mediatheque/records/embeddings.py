"""Rows about what assets mean: vectors of their content and their captions."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from mediatheque.model import Asset
from mediatheque.records import assets, files
from mediatheque.records.database import Connection
from mediatheque.records.spaces import Space

Vector = Sequence[float]


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What one model makes of an asset: vectors of its content and its caption, or why the content has none."""

    content: Vector | None = None
    caption: Vector | None = None
    failure: str | None = None


def literal(vector: Vector) -> str:
    """The vector as PostgreSQL reads it: with as many digits as half precision has, and some."""
    return "[" + ",".join(f"{value:.6g}" for value in vector) + "]"


async def find(conn: Connection, asset_id: UUID) -> Asset | None:
    """The asset of that id, whoever owns it, for those who describe what is in the library."""
    cursor = await conn.execute(f"{assets.SELECT} WHERE a.id = %s AND {files.LIVE}", (asset_id,))
    row = await cursor.fetchone()
    return assets.from_row(row) if row else None


async def put(conn: Connection, asset_id: UUID, meanings: Mapping[int, Meaning]) -> None:
    """What each model, by its id, makes of the asset, in place of what it made before; nothing of one that is gone."""
    for model_id, meaning in meanings.items():
        await conn.execute(
            """
            WITH held AS (SELECT id, workspace_id FROM asset WHERE id = %(asset)s FOR KEY SHARE),
                old AS (DELETE FROM embedding WHERE asset_id = %(asset)s AND model_id = %(model)s
                        AND part = 'caption' AND %(caption)s::halfvec IS NULL)
            INSERT INTO embedding (asset_id, model_id, part, workspace_id, vector, failure)
            SELECT held.id, m.id, p.part, held.workspace_id, p.vector, p.failure
            FROM held JOIN embedding_model m ON m.id = %(model)s, (VALUES
                ('content', %(content)s::halfvec, %(failure)s::text), ('caption', %(caption)s::halfvec, NULL)
            ) AS p (part, vector, failure)
            WHERE p.part = 'content' OR p.vector IS NOT NULL
            ON CONFLICT (asset_id, model_id, part) DO UPDATE SET vector = excluded.vector, failure = excluded.failure
            """,
            {
                "asset": asset_id,
                "model": model_id,
                "content": meaning.content and literal(meaning.content),
                "caption": meaning.caption and literal(meaning.caption),
                "failure": meaning.failure,
            },
        )


async def without(conn: Connection, space: Space, after: UUID | None, limit: int) -> list[UUID]:
    """The next assets, by id, that the model has not seen."""
    cursor = await conn.execute(
        f"""
        SELECT a.id FROM asset a
        WHERE a.id > %s AND NOT EXISTS (
            SELECT FROM embedding e WHERE e.asset_id = a.id AND {space.own} AND e.part = 'content'
        )
        ORDER BY a.id LIMIT %s
        """,  # noqa: S608 - the space's own number
        (after or UUID(int=0), limit),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def progress(conn: Connection, space: Space) -> tuple[int, int]:
    """How many assets the model has seen, and how many there are."""
    cursor = await conn.execute(
        f"""
        SELECT (SELECT count(*) FROM embedding e WHERE {space.own} AND e.part = 'content') AS seen,
            (SELECT count(*) FROM asset) AS total
        """,  # noqa: S608 - the space's own number
    )
    row = await cursor.fetchone()
    return (row["seen"], row["total"]) if row else (0, 0)
