"""The hybrid search: assets near in meaning, with the words, and with the tags, fused by reciprocal rank."""

from uuid import UUID

import msgspec

from mediatheque.model import Asset
from mediatheque.records import assets, files, lexical, nearest
from mediatheque.records.database import Connection
from mediatheque.records.scopes import Query, Scope
from mediatheque.records.spaces import Space

_SCORE = "SELECT id, {weight} / (60 + rank) AS score FROM {name}"  # 60: how little first places outweigh agreement
_WEIGHTS = {"meaning": 1.0, "words": 1.0, "tags": 1.0, "nearly": 0.5}
_FEW = (
    "(SELECT (SELECT count(*) FROM words) + (SELECT count(*) FROM tags)) < 10"  # else misspellings are not looked for
)


class Ranked(msgspec.Struct, frozen=True):
    """Ids, best first. `partial` is whether some of the scope was out of reach."""

    ids: list[UUID]
    partial: bool = False


async def by_example(conn: Connection, space: Space, scope: Scope, *, vector: str, depth: int) -> Ranked:
    """The assets nearest to the vector."""
    return await _ranked(conn, scope, {"meaning": _near(space, scope, vector, depth)}, depth)


async def by_text(conn: Connection, space: Space, scope: Scope, text: str, *, vector: str, depth: int) -> Ranked:
    """The assets that mean what the text does, or have its words."""
    legs = {"meaning": _near(space, scope, vector, depth)}
    if words := lexical.words_of(text):
        legs["words"] = lexical.by_words(scope, text, words, depth)
        legs["tags"] = lexical.by_tags(scope, text, words, depth)
        query, values = lexical.nearly(scope, words, depth)
        legs["nearly"] = f"SELECT * FROM ({query}) n WHERE {_FEW}", values  # noqa: S608 - ours
    return await _ranked(conn, scope, legs, depth)


async def hits(
    conn: Connection, space: Space, workspace_id: UUID, ids: list[UUID], vector: str
) -> dict[UUID, tuple[Asset, float | None]]:
    """Those of the ids that are assets of the workspace, each with the cosine of its nearest vector, if it has any."""
    cursor = await conn.execute(
        f"""
        SELECT x.*, (
            SELECT 1 - min({nearest.distance(space)}) FROM embedding e WHERE e.asset_id = x.id AND {space.own}
        ) AS similarity
        FROM ({assets.SELECT} WHERE a.workspace_id = %(workspace)s AND a.id = ANY(%(ids)s) AND {files.LIVE}) x
        """,  # noqa: S608 - constants and the space's own numbers
        {"workspace": workspace_id, "ids": ids, "vector": vector},
    )
    return {row["id"]: (assets.from_row(row), row["similarity"]) for row in await cursor.fetchall()}


def _near(space: Space, scope: Scope, vector: str, depth: int) -> Query:
    query, values = nearest.nearest(space, scope, vector, depth)
    return f"SELECT id, row_number() OVER (ORDER BY distance, id) AS rank FROM ({query}) n", values  # noqa: S608 - ours


async def _ranked(conn: Connection, scope: Scope, legs: dict[str, Query], depth: int) -> Ranked:
    """By the sum of weight / (60 + rank) over the lists that an asset is in; of equals the newer first.

    Misspellings are looked for only where few assets have the words.
    """
    parts = ", ".join(f"{name} AS MATERIALIZED ({query})" for name, (query, _) in legs.items())
    scored = " UNION ALL ".join(_SCORE.format(name=name, weight=_WEIGHTS[name]) for name in legs)
    cursor = await conn.execute(
        f"""
        WITH {parts}
        SELECT id, sum(score) AS score, (SELECT count(*) FROM meaning) AS reached FROM ({scored}) s
        GROUP BY id ORDER BY score DESC, id DESC LIMIT %(limit)s
        """,  # noqa: S608 - constants and clauses of ours
        {name: value for _, values in legs.values() for name, value in values.items()},
    )
    rows = await cursor.fetchall()
    reached = rows[0]["reached"] if rows else 0
    return Ranked([row["id"] for row in rows], partial=not scope.small and reached < depth)
