"""Which vectors are nearest: exactly in a small scope, by the index in a large one.

The planner must not choose: in a small scope the index is slow and finds too little, in a large one reading every
vector takes too long (docs/decisions/0015-search.md).
"""

from uuid import UUID

from mediatheque.records.database import Connection
from mediatheque.records.search.embedding_models import EmbeddingModel
from mediatheque.records.search.scopes import Estimate, Query


def nearest(model: EmbeddingModel, scope: Estimate, vector: str, limit: int) -> Query:
    """A query for `id` and `distance`, the cosine's, of the `limit` nearest assets, nearest first.

    They are fewer where there are no more; in a large scope also where the index goes no further.
    """
    where, values = scope.clause()
    sql = (_exactly if scope.small else _by_index)(model, scope, where)
    return sql, {**values, "vector": vector, "limit": limit, "rows": 2 * limit}


def distance(model: EmbeddingModel) -> str:
    """How far a vector of the space `e` is from the query's, from 0 to 2, as the index has it."""
    return f"{model.column} <=> %(vector)s::halfvec({model.dimensions})"


def _exactly(model: EmbeddingModel, scope: Estimate, where: str) -> str:
    own = "e.workspace_id = %(s0)s"
    if not scope.whole:
        own = f"e.asset_id IN (SELECT id FROM (SELECT a.id {scope.source} WHERE {where} OFFSET 0) s)"  # noqa: S608 - ours
    return f"""
        SELECT e.asset_id AS id, min({distance(model)}) AS distance FROM embedding e
        WHERE {own} AND {model.own} AND e.vector IS NOT NULL GROUP BY e.asset_id ORDER BY distance, id LIMIT %(limit)s
    """  # noqa: S608 - constants and clauses of ours


def _by_index(model: EmbeddingModel, scope: Estimate, where: str) -> str:
    """Of twice as many rows: an asset comes by its content and by its caption. `OFFSET 0`: asked of each row found."""
    inside = "TRUE"
    if not scope.whole:
        inside = f"EXISTS (SELECT {scope.source} WHERE a.id = e.asset_id AND {where} OFFSET 0)"
    return f"""
        SELECT id, min(distance) AS distance FROM (
            SELECT e.asset_id AS id, {distance(model)} AS distance FROM embedding e
            WHERE e.workspace_id = %(s0)s AND {inside} AND {model.own} ORDER BY {distance(model)} LIMIT %(rows)s
        ) x GROUP BY id ORDER BY distance, id LIMIT %(limit)s
    """  # noqa: S608 - constants and clauses of ours


async def within(
    conn: Connection, model: EmbeddingModel, scope: Estimate, vector: str, *, least: float, limit: int
) -> tuple[list[UUID], bool]:
    """The nearest assets whose cosine with the vector is no less; and whether there may be more of them."""
    query, values = nearest(model, scope, vector, limit)
    cursor = await conn.execute(query, values)
    rows = await cursor.fetchall()
    ids = [row["id"] for row in rows if 1 - row["distance"] >= least]
    return ids, len(ids) == len(rows) and (len(rows) == limit or not scope.small)
