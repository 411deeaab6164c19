"""Some of a workspace's assets, and whether they are few enough to look at each."""

from uuid import UUID

import msgspec

from mediatheque.model import Filter
from mediatheque.records.catalog import assets
from mediatheque.records.catalog.filters import Clause, clause_of
from mediatheque.records.database import Connection
from mediatheque.records.search.embedding_models import EmbeddingModel

_FEW, _MANY = 5_000, 50_000
_FEW_KINDS = 3  # more are no limit worth counting: one door's lists are of all kinds but documents
_SHARE = 100  # a scope of less than one in so many of all vectors is small, too


Query = tuple[str, dict[str, object]]
"""SQL and its named parameters."""


class Estimate(msgspec.Struct, frozen=True):
    """The assets that a filter lets through. `small` is whether every vector of theirs can be looked at.

    What has expired and is yet to be swept is still among them: whoever reads the assets leaves it out.
    """

    workspace_id: UUID
    wanted: Filter
    small: bool

    @property
    def whole(self) -> bool:
        """Whether it is the whole workspace."""
        return self.wanted == Filter()

    @property
    def source(self) -> str:
        """The assets `a` to which `clause` applies, with what it needs beside them."""
        return assets.JOINED if self.wanted.types else "FROM asset a"

    def clause(self) -> Query:
        """What holds for the assets in it. Its parameters are `s0`, the workspace, `s1` and so on."""
        where, values = clause_of(self.wanted)
        names = {f"s{number}": value for number, value in enumerate([self.workspace_id, *values])}
        return f"a.workspace_id = %s AND {where}" % tuple(f"%({name})s" for name in names), names


async def estimate_size(conn: Connection, model: EmbeddingModel, workspace_id: UUID, wanted: Filter) -> Estimate:
    """The scope, with its size looked at no further than needed: it is small if one thing that limits it is."""
    for counted, values in _limits(model, workspace_id, wanted):
        cursor = await conn.execute(
            f"""
            SELECT most, (SELECT count(*) FROM ({counted} LIMIT most + 1) x) AS size
            FROM (SELECT least(greatest(reltuples / {_SHARE}, {_FEW}), {_MANY})::int AS most
                  FROM pg_class WHERE oid = 'embedding'::regclass) m
            """,  # noqa: S608 - constants and clauses of ours
            values,
        )
        row = await cursor.fetchone()
        if row and row["size"] <= row["most"]:
            return Estimate(workspace_id, wanted, small=True)
    return Estimate(workspace_id, wanted, small=False)


def _limits(model: EmbeddingModel, workspace_id: UUID, wanted: Filter) -> list[Clause]:
    """Sets that hold the whole scope, each counted by an index of its own: the smallest first, most likely."""
    limits: list[Clause] = []
    if wanted.collection_id is not None:
        limits.append(_members(workspace_id, "collection", [wanted.collection_id]))
    if wanted.character_ids:
        limits.append(_members(workspace_id, "collection", list(wanted.character_ids)))
    if wanted.all_tags:
        limits += [_members(workspace_id, "tag", [id]) for id in wanted.tag_ids]
    elif wanted.tag_ids:
        limits.append(_members(workspace_id, "tag", list(wanted.tag_ids)))
    if wanted.favorites:
        limits.append(_assets(workspace_id, Filter(favorites=True)))
    if wanted.sources:
        limits.append(_assets(workspace_id, Filter(sources=wanted.sources)))
    if 0 < len(wanted.kinds) <= _FEW_KINDS:
        limits.append(_assets(workspace_id, Filter(kinds=wanted.kinds)))
    if wanted.condition is not None:
        limits.append(_assets(workspace_id, Filter(condition=wanted.condition)))
    vectors = f"SELECT FROM embedding e WHERE e.workspace_id = %s AND {model.own} AND e.vector IS NOT NULL"
    return [*limits, (vectors, [workspace_id])]


def _members(workspace_id: UUID, of: str, ids: list[UUID]) -> Clause:
    """Of the workspace's own: how many another one's tag has must not tell by `small`."""
    table = "asset_tag" if of == "tag" else "collection_asset"
    own = f"JOIN {of} o ON o.id = m.{of}_id AND o.workspace_id = %s"
    return f"SELECT FROM {table} m {own} WHERE m.{of}_id = ANY(%s)", [workspace_id, ids]


def _assets(workspace_id: UUID, wanted: Filter) -> Clause:
    where, values = clause_of(wanted)
    return f"SELECT FROM asset a WHERE a.workspace_id = %s AND {where}", [workspace_id, *values]
