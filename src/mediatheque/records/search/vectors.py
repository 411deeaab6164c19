"""The nearest vectors: exactly in a small scope, by the index in a large one.

We choose instead of the planner: in a small scope the index is slow and finds too little, in a large one reading every
vector takes too long (docs/decisions/0015-search.md).
"""

from uuid import UUID

from mediatheque.model import EmbeddingModel
from mediatheque.records.database import Connection
from mediatheque.records.search.embedding_models import rows_of
from mediatheque.records.search.scopes import Estimate, Query

_TRASHED = """
    SELECT FROM asset a WHERE a.id = e.asset_id AND a.workspace_id = %(s0)s AND a.trashed_at IS NOT NULL
"""


def nearest(model: EmbeddingModel, scope: Estimate, vector: str, limit: int) -> Query:
    """Return a query for `id` and cosine `distance` of the `limit` nearest assets, nearest first.

    It finds fewer when there are no more; in a large scope also when the index stops early.
    """
    where, values = scope.clause()
    sql = (_exactly if scope.small else _by_index)(model, scope, where)
    return sql, {**values, "vector": vector, "limit": limit, "rows": 2 * limit}


def distance(model: EmbeddingModel) -> str:
    """Return the cosine distance, 0 to 2, of the embedding `e` from the query's vector.

    The index is used only for an expression spelt exactly like its definition.
    """
    return f"e.vector::halfvec({model.dimensions}) <=> %(vector)s::halfvec({model.dimensions})"


def _exactly(model: EmbeddingModel, scope: Estimate, where: str) -> str:
    """In a whole workspace, the few assets in the trash are excluded instead of looking all others up."""
    own = f"e.workspace_id = %(s0)s AND NOT EXISTS ({_TRASHED})"
    if not scope.whole:
        own = f"e.asset_id IN (SELECT id FROM (SELECT a.id {scope.source} WHERE {where} OFFSET 0) s)"  # noqa: S608 - ours
    return f"""
        SELECT e.asset_id AS id, min({distance(model)}) AS distance FROM embedding e
        WHERE {own} AND {rows_of(model)} AND e.vector IS NOT NULL
        GROUP BY e.asset_id ORDER BY distance, id LIMIT %(limit)s
    """  # noqa: S608 - constants and clauses of ours


def _by_index(model: EmbeddingModel, scope: Estimate, where: str) -> str:
    """Read twice as many rows: an asset is found by its content and by its caption.

    `OFFSET 0` keeps the planner from turning EXISTS into a join: it is evaluated for each row that the index returns.
    """
    inside = f"EXISTS (SELECT {scope.source} WHERE a.id = e.asset_id AND {where} OFFSET 0)"
    return f"""
        SELECT id, min(distance) AS distance FROM (
            SELECT e.asset_id AS id, {distance(model)} AS distance FROM embedding e
            WHERE e.workspace_id = %(s0)s AND {inside} AND {rows_of(model)} ORDER BY {distance(model)} LIMIT %(rows)s
        ) x GROUP BY id ORDER BY distance, id LIMIT %(limit)s
    """  # noqa: S608 - constants and clauses of ours


async def within(
    conn: Connection, model: EmbeddingModel, scope: Estimate, vector: str, *, min_similarity: float, limit: int
) -> tuple[list[UUID], bool]:
    """Return the nearest assets with at least this cosine, and whether there may be more."""
    query, values = nearest(model, scope, vector, limit)
    cursor = await conn.execute(query, values)
    rows = await cursor.fetchall()
    ids = [row["id"] for row in rows if 1 - row["distance"] >= min_similarity]
    return ids, len(ids) == len(rows) and (len(rows) == limit or not scope.small)
