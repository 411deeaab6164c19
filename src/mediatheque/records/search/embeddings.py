"""Rows of embeddings: the vectors of assets' contents and captions."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from mediatheque.model import Asset, Blob, EmbeddingModel
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection
from mediatheque.records.search.embedding_models import rows_of

Vector = Sequence[float]


class AssetVectors(msgspec.Struct, frozen=True, kw_only=True):
    """An asset's vectors by one model: of its content and its caption, or `failure`, why the content has none."""

    content: Vector | None = None
    caption: Vector | None = None
    failure: str | None = None


def to_pgvector(vector: Vector) -> str:
    """Write the vector as pgvector reads it."""
    return msgspec.json.encode(vector).decode()


async def content_vector(conn: Connection, model: EmbeddingModel, blob: Blob) -> tuple[float, ...] | None:
    """Return the content's vector when an asset of its workspace has been embedded with it, else None."""
    cursor = await conn.execute(
        f"""
        SELECT e.vector::text AS vector FROM file f JOIN asset a ON a.file_id = f.id
        JOIN embedding e ON e.asset_id = a.id AND {rows_of(model)} AND e.part = 'content'
        WHERE a.workspace_id = %s AND f.blob_id = %s AND e.vector IS NOT NULL LIMIT 1
        """,  # noqa: S608 - the model's own number
        (blob.workspace_id, blob.id),
    )
    row = await cursor.fetchone()
    return msgspec.json.decode(row["vector"], type=tuple[float, ...]) if row else None


async def find(conn: Connection, asset_id: UUID) -> Asset | None:
    """Return the asset, of any workspace: the worker and the reindex embed the assets of all."""
    cursor = await conn.execute(f"{assets.SELECT} WHERE a.id = %s AND {assets.LIVE}", (asset_id,))
    row = await cursor.fetchone()
    return assets.from_row(row) if row else None


async def put(conn: Connection, asset: Asset, model: EmbeddingModel, vectors: AssetVectors) -> None:
    """Store the asset's vectors in place of its former ones.

    Stores nothing when the asset or the model is gone, or when its content or caption has changed, for which there is
    another task. The rows of both are locked first, so that a concurrent deletion of either waits, and the order of
    locks is always the same. It is one statement: between two, a worker could wait for a processor while it holds the
    locks.

    The commit does not wait for the disk: see `records/jobs.py`.
    """
    await conn.execute(
        """
        WITH target AS MATERIALIZED (
            SELECT a.id AS asset_id, a.workspace_id, m.id AS model_id, set_config('synchronous_commit', 'off', true)
            FROM asset a, embedding_model m
            WHERE a.id = %(asset)s AND m.id = %(model)s AND a.file_id = %(file)s
                AND a.caption IS NOT DISTINCT FROM %(text)s FOR KEY SHARE
        ), wordless AS (
            DELETE FROM embedding e USING target t
            WHERE e.asset_id = t.asset_id AND e.model_id = t.model_id AND e.part = 'caption'
                AND %(caption)s::text IS NULL
        )
        INSERT INTO embedding (asset_id, model_id, part, workspace_id, vector, failure)
        SELECT t.asset_id, t.model_id, p.part, t.workspace_id, p.vector, p.failure FROM target t, (VALUES
            ('caption', %(caption)s::halfvec, NULL), ('content', %(content)s::halfvec, %(failure)s::text)
        ) AS p (part, vector, failure)
        WHERE p.part = 'content' OR p.vector IS NOT NULL
        ON CONFLICT (asset_id, model_id, part) DO UPDATE SET vector = excluded.vector, failure = excluded.failure
        """,
        {
            "asset": asset.id,
            "model": model.id,
            "file": asset.file.id,
            "text": asset.caption,
            "content": vectors.content and to_pgvector(vectors.content),
            "caption": vectors.caption and to_pgvector(vectors.caption),
            "failure": vectors.failure,
        },
    )


async def delete_content(conn: Connection, asset: Asset) -> None:
    """Delete the vectors of the asset's content, which has changed. Those of its caption stay."""
    await conn.execute(
        "DELETE FROM embedding WHERE workspace_id = %s AND asset_id = %s AND part = 'content'",
        (asset.workspace_id, asset.id),
    )


async def list_unembedded(conn: Connection, model: EmbeddingModel, after: UUID | None, limit: int) -> list[UUID]:
    """Return the next assets, by id, without vectors of the model.

    `OFFSET 0` makes the planner look each asset up instead of reading all vectors.
    """
    cursor = await conn.execute(
        f"""
        SELECT a.id FROM asset a JOIN file f ON f.id = a.file_id
        WHERE a.id > %s AND {assets.LIVE} AND NOT EXISTS (
            SELECT FROM embedding e WHERE e.asset_id = a.id AND {rows_of(model)} AND e.part = 'content' OFFSET 0
        )
        ORDER BY a.id LIMIT %s
        """,  # noqa: S608 - the model's own number
        (after or UUID(int=0), limit),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def unembedded(conn: Connection, asset_ids: Sequence[UUID]) -> list[UUID]:
    """Return those of the assets that have no vectors of the active model."""
    cursor = await conn.execute(
        """
        SELECT x.id FROM unnest(%s::uuid[]) AS x (id) WHERE NOT EXISTS (
            SELECT FROM embedding e JOIN embedding_model m ON m.id = e.model_id AND m.active
            WHERE e.asset_id = x.id AND e.part = 'content'
        )
        """,
        (list(asset_ids),),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def progress(conn: Connection, model: EmbeddingModel) -> tuple[int, int]:
    """Count the assets that the model has embedded, and all assets."""
    cursor = await conn.execute(
        f"""
        SELECT (SELECT count(*) FROM embedding e WHERE {rows_of(model)} AND e.part = 'content') AS embedded,
            (SELECT count(*) FROM asset) AS total
        """,  # noqa: S608 - the model's own number
    )
    row = await cursor.fetchone()
    return (row["embedded"], row["total"]) if row else (0, 0)
