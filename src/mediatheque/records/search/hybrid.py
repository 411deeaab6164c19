"""The hybrid search: assets near in meaning, with the words, and with the tags, fused by reciprocal rank."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from mediatheque.model import Asset
from mediatheque.records.catalog import assets, files
from mediatheque.records.database import Connection
from mediatheque.records.search import full_text, vectors
from mediatheque.records.search.embedding_models import EmbeddingModel
from mediatheque.records.search.scopes import Estimate

_FLATTENING = 60  # how little first places outweigh agreement
_WEIGHTS = {"meaning": 1.0, "words": 1.0, "tags": 1.0, "nearly": 0.5}
_MISSED = "NOT EXISTS (SELECT FROM words) AND (SELECT count(*) FROM tags) < 10"  # else nothing is misspelt
RankedLists = Mapping[str, Sequence[UUID]]
"""Lists to be fused, by name; each best first."""


class Ranked(msgspec.Struct, frozen=True):
    """Ids, best first. `partial` is whether some of the scope was out of reach."""

    ids: list[UUID]
    partial: bool = False


async def by_example(conn: Connection, model: EmbeddingModel, scope: Estimate, *, vector: str, depth: int) -> Ranked:
    """The assets nearest to the vector."""
    query, values = vectors.nearest(model, scope, vector, depth)
    cursor = await conn.execute(query, values, prepare=False)  # a plan for all would suit either rare or common limits
    ids = [row["id"] for row in await cursor.fetchall()]
    return Ranked(ids, partial=not scope.small and len(ids) < depth)


async def by_words(conn: Connection, scope: Estimate, text: str, words: list[str], depth: int) -> RankedLists:
    """The assets that have the words, or tags that the text names; where none has the words, nearly so.

    `words` are those of the text, by `lexical.words_of`, of which there is one at least.
    """
    queries = {
        "words": full_text.by_words(scope, text, words, depth),
        "tags": full_text.by_tags(scope, text, words, depth),
        "nearly": full_text.fuzzy(scope, words, depth),
    }
    parts = ", ".join(f"{name} AS MATERIALIZED ({query})" for name, (query, _) in queries.items())
    legs = " UNION ALL ".join(
        f"SELECT '{name}' AS leg, id, rank FROM {name}" + (f" WHERE {_MISSED}" if name == "nearly" else "")  # noqa: S608
        for name in queries
    )
    values = {name: value for _, values in queries.values() for name, value in values.items()}
    cursor = await conn.execute(f"WITH {parts} {legs} ORDER BY rank", values)
    found: dict[str, list[UUID]] = {name: [] for name in queries}
    for row in await cursor.fetchall():
        found[row["leg"]].append(row["id"])
    return found


def reciprocal_rank_fusion(legs: RankedLists, depth: int) -> list[UUID]:
    """By the sum of weight / (60 + rank) over the lists that an asset is in; of equals the newer first."""
    scores: dict[UUID, float] = {}
    for name, ids in legs.items():
        for rank, id in enumerate(ids, start=1):
            scores[id] = scores.get(id, 0.0) + _WEIGHTS[name] / (_FLATTENING + rank)
    best = sorted(scores.items(), key=lambda scored: (scored[1], scored[0]), reverse=True)
    return [id for id, _ in best[:depth]]


async def hits(
    conn: Connection, model: EmbeddingModel, workspace_id: UUID, ids: list[UUID], vector: str
) -> dict[UUID, tuple[Asset, float | None]]:
    """Those of the ids that are assets of the workspace, each with the cosine of its nearest vector, if it has any."""
    cursor = await conn.execute(
        f"""
        SELECT x.*, (
            SELECT 1 - min({vectors.distance(model)}) FROM embedding e WHERE e.asset_id = x.id AND {model.own}
        ) AS similarity
        FROM ({assets.SELECT} WHERE a.workspace_id = %(workspace)s AND a.id = ANY(%(ids)s) AND {files.LIVE}) x
        """,  # noqa: S608 - constants and the space's own numbers
        {"workspace": workspace_id, "ids": ids, "vector": vector},
    )
    return {row["id"]: (assets.from_row(row), row["similarity"]) for row in await cursor.fetchall()}
