"""The ranked lists of a hybrid search: by vector, by words, by tags and by words with misspellings; and its hits."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from mediatheque.model import Asset, EmbeddingModel
from mediatheque.records.catalog import assets
from mediatheque.records.database import Connection
from mediatheque.records.search import full_text, vectors
from mediatheque.records.search.embedding_models import rows_of
from mediatheque.records.search.scopes import Estimate
from mediatheque.records.search.text_query import Condition, TextQuery

_FEW_EXACT = "NOT EXISTS (SELECT FROM words) AND (SELECT count(*) FROM tags) < 10"  # else the words are spelt right
RankedLists = Mapping[str, Sequence[UUID]]
"""Ids by the name of their list, each list best first."""
Hits = dict[UUID, tuple[Asset, float | None]]
"""Assets by their ids, each with the cosine of its nearest vector."""


class Ranked(msgspec.Struct, frozen=True):
    """Ids, best first. `partial`: the index did not reach all assets of the scope."""

    ids: list[UUID]
    partial: bool = False


async def by_example(conn: Connection, model: EmbeddingModel, scope: Estimate, *, vector: str, depth: int) -> Ranked:
    """Rank the assets by the distance of their vectors."""
    query, values = vectors.nearest(model, scope, vector, depth)
    cursor = await conn.execute(query, values, prepare=False)  # a plan for all would suit either rare or common limits
    ids = [row["id"] for row in await cursor.fetchall()]
    return Ranked(ids, partial=not scope.small and len(ids) < depth)


async def by_words(conn: Connection, scope: Estimate, query: TextQuery, depth: int) -> RankedLists:
    """Rank the assets with the words, and those with tags that the query names; without either, allow misspellings.

    The query has at least one word.
    """
    queries = {
        "words": full_text.by_words(scope, query, depth),
        "tags": full_text.by_tags(scope, query, depth),
        "fuzzy": full_text.fuzzy(scope, query, depth),
    }
    parts = ", ".join(f"{name} AS MATERIALIZED ({statement})" for name, (statement, _) in queries.items())
    lists = " UNION ALL ".join(
        f"SELECT '{name}' AS list, id, rank FROM {name}" + (f" WHERE {_FEW_EXACT}" if name == "fuzzy" else "")  # noqa: S608
        for name in queries
    )
    values = {name: value for _, values in queries.values() for name, value in values.items()}
    cursor = await conn.execute(f"WITH {parts} {lists} ORDER BY rank", values)
    found: dict[str, list[UUID]] = {name: [] for name in queries}
    for row in await cursor.fetchall():
        found[row["list"]].append(row["id"])
    return found


async def hits(
    conn: Connection,
    model: EmbeddingModel,
    workspace_id: UUID,
    ids: list[UUID],
    vector: str,
    *,
    conditions: Sequence[Condition] = (),
) -> Hits:
    """Return the workspace's assets among the ids that meet the conditions, each with the cosine of its nearest vector.

    None stands for the cosine of an asset without a vector.
    """
    checks = [full_text.condition(number, each) for number, each in enumerate(conditions)]
    also = "".join(f" AND {sql}" for sql, _ in checks)
    cursor = await conn.execute(
        f"""
        SELECT x.*, (
            SELECT 1 - min({vectors.distance(model)}) FROM embedding e WHERE e.asset_id = x.id AND {rows_of(model)}
        ) AS similarity
        FROM ({assets.SELECT} WHERE a.workspace_id = %(workspace)s AND a.id = ANY(%(ids)s) AND {assets.LIVE}{also}) x
        """,  # noqa: S608 - constants and the model's own numbers
        {"workspace": workspace_id, "ids": ids, "vector": vector}
        | {n: v for _, values in checks for n, v in values.items()},
    )
    return {row["id"]: (assets.from_row(row), row["similarity"]) for row in await cursor.fetchall()}
