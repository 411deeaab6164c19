"""The assets that a filter selects, and whether they are few enough to compare every vector."""

from uuid import UUID

import msgspec

from mediatheque.model import EmbeddingModel, Filter
from mediatheque.records.catalog import assets
from mediatheque.records.catalog.filters import Clause, clause_of
from mediatheque.records.database import Connection
from mediatheque.records.search.embedding_models import rows_of

_MIN_SMALL, _MAX_SMALL = 5_000, 50_000
_MAX_KINDS = 3  # more select nearly everything: some lists show all kinds but documents
_SMALL_SHARE = 100  # a scope of less than one in this many of all vectors is small, between the two bounds

Query = tuple[str, dict[str, object]]
"""SQL and its named parameters."""


class Estimate(msgspec.Struct, frozen=True):
    """The assets that a filter selects. `small`: every vector of theirs can be compared.

    Expired assets that are not collected yet are among them, for the query that reads the assets excludes them; those
    in the trash, which may be many and stay long, are not.
    """

    workspace_id: UUID
    wanted: Filter
    small: bool

    @property
    def whole(self) -> bool:
        """Whether the filter selects the whole workspace."""
        return self.wanted == Filter()

    @property
    def source(self) -> str:
        """The FROM clause of the assets `a`, with the tables that `clause` needs."""
        return assets.JOINED if self.wanted.types else "FROM asset a"

    def clause(self) -> Query:
        """Return the condition of the assets in the scope. Its parameters are `s0`, the workspace, `s1` and so on."""
        where, values = clause_of(self.wanted)
        names = {f"s{number}": value for number, value in enumerate([self.workspace_id, *values])}
        return f"a.workspace_id = %s AND a.trashed_at IS NULL AND {where}" % tuple(
            f"%({name})s" for name in names
        ), names


async def estimate_size(conn: Connection, model: EmbeddingModel, workspace_id: UUID, wanted: Filter) -> Estimate:
    """Return the scope. It is small when one of its conditions alone selects few; the others are then not counted."""
    for counted, values in _limits(model, workspace_id, wanted):
        cursor = await conn.execute(
            f"""
            SELECT most, (SELECT count(*) FROM ({counted} LIMIT most + 1) x) AS size
            FROM (SELECT least(greatest(reltuples / {_SMALL_SHARE}, {_MIN_SMALL}), {_MAX_SMALL})::int AS most
                  FROM pg_class WHERE oid = 'embedding'::regclass) m
            """,  # noqa: S608 - constants and clauses of ours
            values,
        )
        row = await cursor.fetchone()
        if row and row["size"] <= row["most"]:
            return Estimate(workspace_id, wanted, small=True)
    return Estimate(workspace_id, wanted, small=False)


def _limits(model: EmbeddingModel, workspace_id: UUID, wanted: Filter) -> list[Clause]:
    """Return queries of sets that contain the scope, each counted by an index, the likely smallest first."""
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
    if 0 < len(wanted.kinds) <= _MAX_KINDS:
        limits.append(_assets(workspace_id, Filter(kinds=wanted.kinds)))
    if wanted.condition is not None:
        limits.append(_assets(workspace_id, Filter(condition=wanted.condition)))
    vectors = f"SELECT FROM embedding e WHERE e.workspace_id = %s AND {rows_of(model)} AND e.vector IS NOT NULL"
    return [*limits, (vectors, [workspace_id])]


def _members(workspace_id: UUID, of: str, ids: list[UUID]) -> Clause:
    """Count only the workspace's own tag or collection: `small` must not reveal how many assets a foreign one has."""
    table = "asset_tag" if of == "tag" else "collection_asset"
    own = f"JOIN {of} o ON o.id = m.{of}_id AND o.workspace_id = %s"
    return f"SELECT FROM {table} m {own} WHERE m.{of}_id = ANY(%s)", [workspace_id, ids]


def _assets(workspace_id: UUID, wanted: Filter) -> Clause:
    where, values = clause_of(wanted)
    return f"SELECT FROM asset a WHERE a.workspace_id = %s AND a.trashed_at IS NULL AND {where}", [
        workspace_id,
        *values,
    ]
