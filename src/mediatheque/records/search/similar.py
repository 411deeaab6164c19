"""Assets with the same content as another, or with a similar one."""

from uuid import UUID

from mediatheque.model import Asset, EmbeddingModel, Filter
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection
from mediatheque.records.search import scopes, vectors
from mediatheque.records.search.embedding_models import rows_of


async def identical(conn: Connection, asset: Asset, limit: int) -> list[UUID]:
    """Return other assets with the same blob, newest first."""
    cursor = await conn.execute(
        f"""
        SELECT a.id {assets.JOINED}
        WHERE a.workspace_id = %s AND f.blob_id = %s AND a.id <> %s AND {assets.LIVE}
        ORDER BY a.created_at DESC, a.id DESC LIMIT %s
        """,
        (asset.workspace_id, asset.file.blob.id, asset.id, limit),
    )
    return [row["id"] for row in await cursor.fetchall()]


async def nearest_to(conn: Connection, model: EmbeddingModel, asset: Asset, limit: int) -> dict[UUID, float]:
    """Return other assets with the cosine of their content's vector and this one's, nearest first."""
    cursor = await conn.execute(
        f"""
        SELECT e.vector::text AS vector FROM embedding e
        WHERE e.asset_id = %s AND {rows_of(model)} AND e.part = 'content'
        """,  # noqa: S608 - the model's own number
        (asset.id,),
    )
    row = await cursor.fetchone()
    if row is None or row["vector"] is None:
        return {}
    scope = await scopes.estimate_size(conn, model, asset.workspace_id, Filter())
    query, values = vectors.nearest(model, scope, row["vector"], limit + 1)
    cursor = await conn.execute(
        f"""
        SELECT e.asset_id AS id, 1 - ({vectors.distance(model)}) AS cosine
        FROM ({query}) near JOIN embedding e ON e.asset_id = near.id AND {rows_of(model)} AND e.part = 'content'
        WHERE e.vector IS NOT NULL AND near.id <> %(asset)s ORDER BY cosine DESC, near.id LIMIT %(limit)s
        """,  # noqa: S608 - constants and clauses of ours
        {**values, "asset": asset.id},
    )
    return {row["id"]: row["cosine"] for row in await cursor.fetchall()}
