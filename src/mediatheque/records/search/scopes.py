"""The assets that a filter selects, and whether they are few enough to compare every vector."""

from uuid import UUID

import msgspec

from mediatheque.model import EmbeddingModel, Filter
from mediatheque.records.catalog import candidates
from mediatheque.records.catalog.filters import Clause, clause_of
from mediatheque.records.database import Connection
from mediatheque.records.search.embedding_models import rows_of

_MIN_SMALL, _MAX_SMALL = 5_000, 50_000
_SMALL_SHARE = 100  # a scope of less than one in this many of all vectors is small, between the two bounds
Query = tuple[str, dict[str, object]]
"""SQL and its named parameters."""


class Estimate(msgspec.Struct, frozen=True):
    """The assets that a filter selects. `small`: every vector of theirs can be compared.

    Expired assets that are not collected yet are among them, for the query that reads the assets excludes them; those
    in the trash, which may be many and stay long, are not.
    `narrow` is a query for the `id` of few assets, among which all are, where no index can serve the filter itself.
    """

    workspace_id: UUID
    wanted: Filter
    small: bool
    narrow: Clause | None = None

    @property
    def whole(self) -> bool:
        """Whether the filter selects the whole workspace."""
        return self.wanted == Filter()

    @property
    def source(self) -> str:
        """The FROM clause of the assets `a`."""
        return "FROM asset a"

    def clause(self) -> Query:
        """Return the condition of the assets in the scope. Its parameters are `s0`, the workspace, `s1` and so on."""
        where, values = clause_of(self.wanted)
        among, ids = self.narrow or ("", [])
        if among:
            where += f" AND a.id = ANY(ARRAY({among}))"
        names = {f"s{number}": value for number, value in enumerate([self.workspace_id, *values, *ids])}
        return f"a.workspace_id = %s AND a.trashed_at IS NULL AND {where}" % tuple(
            f"%({name})s" for name in names
        ), names


async def estimate_size(conn: Connection, model: EmbeddingModel, workspace_id: UUID, wanted: Filter) -> Estimate:
    """Return the scope. It is small when one of its conditions alone selects few; the others are then not counted."""
    vectors = f"SELECT FROM embedding e WHERE e.workspace_id = %s AND {rows_of(model)} AND e.vector IS NOT NULL"
    sets: list[Clause] = [*candidates.of_filter(workspace_id, wanted), (vectors, [workspace_id])]
    most = f"""
        SELECT least(greatest(reltuples / {_SMALL_SHARE}, {_MIN_SMALL}), {_MAX_SMALL})::int
        FROM pg_class WHERE oid = 'embedding'::regclass
    """  # noqa: S608 - constants
    few = await candidates.few(conn, sets, most)
    narrow = few if few in candidates.of_condition(workspace_id, wanted.condition) else None
    return Estimate(workspace_id, wanted, small=few is not None, narrow=narrow)
