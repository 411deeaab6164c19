"""Sets of assets that an index finds, each of which contains everything that a filter selects.

The planner does not choose how they are read. It knows too little about JSON and about which values go together, and
would read a workspace from end to end where it expects to find enough soon.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from mediatheque.model import (
    ORDERED,
    Comparison,
    Condition,
    Document,
    DocumentComparison,
    DocumentExists,
    Field,
    Filter,
    IdIn,
    Operator,
    required,
)
from mediatheque.records.catalog import documents
from mediatheque.records.catalog.filters import Clause, clause_of, comparison
from mediatheque.records.database import Connection, fetch_one

_MAX_KINDS = 3  # more select nearly everything: some lists show all kinds but documents
_EQUAL = (Operator.EQ, Operator.IN)
_INDEXED = (Field.REQUEST_ID, Field.EXTERNAL_ID, Field.FOLDER, Field.FAVORITE, Field.ENDPOINT, Field.SOURCE, Field.TYPE)
# By what the index has: an asset without a duration has one of 0.
_RANGES = {Field.CREATED_AT: "a.created_at", Field.SIZE: "a.size", Field.DURATION: "coalesce(a.duration, 0)"}
_MEMBERS = {Field.TAG: "tag", Field.COLLECTION: "collection"}
# The workspace is in the terms. `OFFSET 0` has each blob's assets looked up by their indexes.
_BY_METADATA = "SELECT a.id FROM asset a WHERE {} AND a.metadata <> '{{}}' AND a.trashed_at IS NULL"
_BY_GENERATION = """
    SELECT a.id FROM (SELECT g.blob_id FROM embedded_metadata g WHERE {} AND g.generation IS NOT NULL OFFSET 0) g
    CROSS JOIN LATERAL (
        SELECT a.id FROM file gf JOIN asset a ON a.file_id = gf.id
        WHERE gf.blob_id = g.blob_id AND a.trashed_at IS NULL OFFSET 0
    ) a
"""
_TERMS = {
    Document.METADATA: ("metadata_terms(a.workspace_id, a.metadata)", _BY_METADATA),
    Document.GENERATION: ("generation_terms(g.workspace_id, g.generation)", _BY_GENERATION),
}


def of_filter(workspace_id: UUID, wanted: Filter) -> list[Clause]:
    """Return queries for `id`, the likely smallest first: of the filter's fields, then of its condition."""
    sets: list[Clause] = []
    if wanted.collection_id is not None:
        sets.append(_members(workspace_id, "collection", [wanted.collection_id]))
    if wanted.character_ids:
        sets.append(_members(workspace_id, "collection", list(wanted.character_ids)))
    if wanted.all_tags:
        sets += [_members(workspace_id, "tag", [id]) for id in wanted.tag_ids]
    elif wanted.tag_ids:
        sets.append(_members(workspace_id, "tag", list(wanted.tag_ids)))
    if wanted.folder_id is not None:
        sets.append(_assets(workspace_id, clause_of(Filter(folder_id=wanted.folder_id))))
    if wanted.favorites:
        sets.append(_assets(workspace_id, clause_of(Filter(favorites=True))))
    if wanted.sources:
        sets.append(_assets(workspace_id, clause_of(Filter(sources=wanted.sources))))
    if 0 < len(wanted.kinds) <= _MAX_KINDS:
        sets.append(_assets(workspace_id, clause_of(Filter(kinds=wanted.kinds))))
    return [*of_condition(workspace_id, wanted.condition), *sets]


def of_condition(workspace_id: UUID, condition: Condition | None) -> list[Clause]:
    """Return queries for `id`, the likely smallest first."""
    parts = required(condition)
    sets: list[Clause] = [("SELECT unnest(%s::uuid[]) AS id", [list(p.ids)]) for p in parts if isinstance(p, IdIn)]
    comparisons = [part for part in parts if isinstance(part, Comparison)]
    for field in _INDEXED:
        sets += [
            _assets(workspace_id, comparison(part))
            for part in comparisons
            if part.field is field and part.operator in _EQUAL and False not in part.values  # favorites have an index
        ]
    for field, of in _MEMBERS.items():
        sets += [
            _members(workspace_id, of, list(part.values))
            for part in comparisons
            if part.field is field and part.operator in _EQUAL
        ]
    sets += _with_terms(workspace_id, parts)
    for field, column in _RANGES.items():
        if limits := range_of(parts, field, column):
            sets.append(_assets(workspace_id, _all(limits)))
    return sets


def range_of(parts: Iterable[Condition], field: Field, column: str) -> list[Clause]:
    """Return the clauses that bound the field, as those of the column."""
    return [
        comparison(part, column)
        for part in parts
        if isinstance(part, Comparison) and part.field is field and part.operator in (*ORDERED, Operator.EQ)
    ]


async def few(conn: Connection, sets: Sequence[Clause], most: str) -> Clause | None:
    """Return the first of the sets that has at most `most` assets, or None. Each is counted no further than that.

    `most` is a number, or a query for one.
    """
    for query, values in sets:
        cursor = await conn.execute(
            f"""
            SELECT (SELECT count(*) FROM ({query} LIMIT bound.most + 1) x) <= bound.most AS is_few
            FROM (SELECT ({most}) AS most) bound
            """,  # noqa: S608 - constants and clauses of ours
            values,
            prepare=False,  # a plan for all would suit either rare or common values
        )
        if (await fetch_one(cursor))["is_few"]:
            return query, values
    return None


def _with_terms(workspace_id: UUID, parts: Sequence[Condition]) -> list[Clause]:
    """Return the set of each document that has all terms: the index intersects them, the rarest first."""
    sets: list[Clause] = []
    for document, (column, query) in _TERMS.items():
        asked = [p for p in parts if isinstance(p, DocumentComparison | DocumentExists) and p.document is document]
        if arrays := documents.terms(asked, workspace_id):
            sql, values = _all([(f"{column} && {array}", values) for array, values in arrays])
            sets.append((query.format(sql), values))
    return sets


def _members(workspace_id: UUID, of: str, ids: list[object]) -> Clause:
    """Only the workspace's own tag or collection: a count must not reveal how many assets a foreign one has."""
    table = "asset_tag" if of == "tag" else "collection_asset"
    own = f"JOIN {of} o ON o.id = m.{of}_id AND o.workspace_id = %s"
    query = f"SELECT m.asset_id AS id FROM {table} m {own} WHERE m.{of}_id = ANY(%s)"  # noqa: S608 - constants
    return query, [workspace_id, ids]


def _assets(workspace_id: UUID, clause: Clause) -> Clause:
    sql, values = clause
    query = f"SELECT a.id FROM asset a WHERE a.workspace_id = %s AND a.trashed_at IS NULL AND {sql}"  # noqa: S608 - ours
    return query, [workspace_id, *values]


def _all(clauses: Sequence[Clause]) -> Clause:
    return " AND ".join(sql for sql, _ in clauses), [value for _, values in clauses for value in values]
