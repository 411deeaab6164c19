"""Rows about what assets mean: vectors of their content and their captions."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from mediatheque.model import Asset, Blob
from mediatheque.records.catalog import assets, files
from mediatheque.records.database import Connection
from mediatheque.records.search.embedding_models import EmbeddingModel

Vector = Sequence[float]


class AssetVectors(msgspec.Struct, frozen=True, kw_only=True):
    """What one model makes of an asset: vectors of its content and its caption, or why the content has none."""

    content: Vector | None = None
    caption: Vector | None = None
    failure: str | None = None


def to_pgvector(vector: Vector) -> str:
    """The vector as PostgreSQL reads it."""
    return msgspec.json.encode(vector).decode()


async def content_vector(conn: Connection, model: EmbeddingModel, blob: Blob) -> tuple[float, ...] | None:
    """The vector of a content that some asset of its workspace has been embedded with."""
    cursor = await conn.execute(
        f"""
        SELECT e.vector::text AS vector FROM file f JOIN asset a ON a.file_id = f.id
        JOIN embedding e ON e.asset_id = a.id AND {model.own} AND e.part = 'content'
        WHERE a.workspace_id = %s AND f.blob_id = %s AND e.vector IS NOT NULL LIMIT 1
        """,  # noqa: S608 - the space's own number
        (blob.workspace_id, blob.id),
    )
    row = await cursor.fetchone()
    return msgspec.json.decode(row["vector"], type=tuple[float, ...]) if row else None


async def find(conn: Connection, asset_id: UUID) -> Asset | None:
    """The asset of that id, whoever owns it, for those who describe what is in the library."""
    cursor = await conn.execute(f"{assets.SELECT} WHERE a.id = %s AND {files.LIVE}", (asset_id,))
    row = await cursor.fetchone()
    return assets.from_row(row) if row else None


async def put(conn: Connection, asset: Asset, model: EmbeddingModel, meaning: AssetVectors) -> None:
    """What the space's model makes of the asset, in place of what it made before, in a transaction of the caller's.

    Nothing of an asset, or of a space, that is gone; nor of one that has another caption by now, for which there is
    another task. Both are held first, so that whoever removes one waits, and no row is locked before them.
    """
    cursor = await conn.execute(
        """
        SELECT FROM asset a, embedding_model m
        WHERE a.id = %s AND m.id = %s AND a.caption IS NOT DISTINCT FROM %s FOR KEY SHARE
        """,
        (asset.id, model.id, asset.caption),
    )
    if await cursor.fetchone() is None:
        return
    if meaning.caption is None:
        await conn.execute(
            "DELETE FROM embedding WHERE asset_id = %s AND model_id = %s AND part = 'caption'", (asset.id, model.id)
        )
    await conn.execute(
        """
        INSERT INTO embedding (asset_id, model_id, part, workspace_id, vector, failure)
        SELECT %(asset)s, %(model)s, p.part, %(workspace)s, p.vector, p.failure FROM (VALUES
            ('caption', %(caption)s::halfvec, NULL), ('content', %(content)s::halfvec, %(failure)s::text)
        ) AS p (part, vector, failure)
        WHERE p.part = 'content' OR p.vector IS NOT NULL
        ON CONFLICT (asset_id, model_id, part) DO UPDATE SET vector = excluded.vector, failure = excluded.failure
        """,
        {
            "asset": asset.id,
            "model": model.id,
            "workspace": asset.workspace_id,
            "content": meaning.content and to_pgvector(meaning.content),
            "caption": meaning.caption and to_pgvector(meaning.caption),
            "failure": meaning.failure,
        },
    )


async def list_unembedded(conn: Connection, model: EmbeddingModel, after: UUID | None, limit: int) -> list[UUID]:
    """The next assets, by id, that the model has not seen. `OFFSET 0`: asked of each asset, not of all vectors."""
    cursor = await conn.execute(
        f"""
        SELECT a.id FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.id > %s AND {files.LIVE} AND NOT EXISTS (
            SELECT FROM embedding e WHERE e.asset_id = a.id AND {model.own} AND e.part = 'content' OFFSET 0
        )
        ORDER BY a.id LIMIT %s
        """,  # noqa: S608 - the space's own number
        (after or UUID(int=0), limit),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def progress(conn: Connection, model: EmbeddingModel) -> tuple[int, int]:
    """How many assets the model has seen, and how many there are."""
    cursor = await conn.execute(
        f"""
        SELECT (SELECT count(*) FROM embedding e WHERE {model.own} AND e.part = 'content') AS seen,
            (SELECT count(*) FROM asset) AS total
        """,  # noqa: S608 - the space's own number
    )
    row = await cursor.fetchone()
    return (row["seen"], row["total"]) if row else (0, 0)
