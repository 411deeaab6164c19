"""Filters as SQL over `asset a`."""

from mediatheque.model import (
    And,
    Comparison,
    Condition,
    DocumentComparison,
    DocumentExists,
    Field,
    Filter,
    IdIn,
    Operator,
    Or,
)
from mediatheque.records.catalog import documents
from mediatheque.records.catalog.documents import Clause

__all__ = ["Clause", "clause_of", "comparison"]

_COLUMNS = {
    Field.ENDPOINT: "a.endpoint",
    Field.STATUS: "'completed'",  # of every asset in the library
    Field.TYPE: "a.kind",
    Field.SOURCE: "a.source",
    Field.CREATED_AT: "a.created_at",
    Field.MIME_TYPE: "a.mime",
    Field.REQUEST_ID: "a.request_id",
    Field.EXTERNAL_ID: "a.external_id",
    Field.SIZE: "a.size",
    Field.WIDTH: "a.width",
    Field.HEIGHT: "a.height",
    Field.DURATION: "a.duration",
    Field.FAVORITE: "a.is_favorite",
    Field.FOLDER: "a.folder_id",
}
_TAGGED = "EXISTS (SELECT FROM asset_tag x WHERE x.asset_id = a.id AND x.tag_id = ANY(%s))"
_WITHIN = "EXISTS (SELECT FROM collection_asset x WHERE x.asset_id = a.id AND x.collection_id = ANY(%s))"
_MEMBERSHIPS = {Field.TAG: _TAGGED, Field.COLLECTION: _WITHIN}
_OPERATORS = {
    Operator.EQ: "=",
    Operator.GT: ">",
    Operator.GTE: ">=",
    Operator.LT: "<",
    Operator.LTE: "<=",
}


def clause_of(wanted: Filter) -> Clause:
    """Return the filter as a clause. Every `SimilarTo` in it must have been replaced by an `IdIn`."""
    parts = [*_field_clauses(wanted), *_membership_clauses(wanted)]
    if wanted.condition is not None:
        parts.append(_condition(wanted.condition))
    return _join(parts, " AND ")


def _field_clauses(wanted: Filter) -> list[Clause]:
    parts: list[Clause] = []
    for column, among in (("a.kind", wanted.kinds), ("a.mime", wanted.types), ("a.source", wanted.sources)):
        if len(among) == 1:  # equality is served by an index that is in the order of lists
            parts.append((f"{column} = %s", [among[0]]))
        elif among:
            parts.append((f"{column} = ANY(%s)", [list(among)]))
    if wanted.favorites:
        parts.append(("a.is_favorite", []))
    if wanted.folder_id is not None:
        parts.append(("a.folder_id = %s", [wanted.folder_id]))
    elif wanted.without_folder:
        parts.append(("a.folder_id IS NULL", []))
    return parts


def _membership_clauses(wanted: Filter) -> list[Clause]:
    parts: list[Clause] = []
    if wanted.all_tags:
        parts += [(_TAGGED, [[id]]) for id in wanted.tag_ids]
    elif wanted.tag_ids:
        parts.append((_TAGGED, [list(wanted.tag_ids)]))
    if wanted.collection_id is not None:
        parts.append((_WITHIN, [[wanted.collection_id]]))
    if wanted.character_ids:
        parts.append((_WITHIN, [list(wanted.character_ids)]))
    return parts


def _condition(condition: Condition) -> Clause:
    match condition:
        case And(parts):
            return _join([_condition(part) for part in parts], " AND ")
        case Or(parts):
            return _join([_condition(part) for part in parts], " OR ", empty="FALSE")
        case IdIn(ids):
            return "a.id = ANY(%s)", [list(ids)]
        case Comparison():
            return comparison(condition)
        case DocumentComparison() | DocumentExists():
            return documents.clause(condition)
        case _:
            raise TypeError("SimilarTo must be replaced by IdIn before the filter becomes SQL")


def comparison(comparison: Comparison, column: str = "") -> Clause:
    """Return the comparison as a clause, of another column than the asset's own if one is given.

    NULL differs from every value: `neq` matches assets without an endpoint.
    """
    values: list[object] = list(comparison.values)
    if comparison.field in _MEMBERSHIPS:
        sql = _MEMBERSHIPS[comparison.field]
        return (f"NOT {sql}" if comparison.operator is Operator.NEQ else sql), [values]
    column = column or _COLUMNS[comparison.field]
    match comparison.operator:
        case Operator.IN:
            return f"{column} = ANY(%s)", [values]
        case Operator.NEQ:
            return f"{column} IS DISTINCT FROM %s", values
        case operator:
            return f"{column} {_OPERATORS[operator]} %s", values


def _join(parts: list[Clause], word: str, *, empty: str = "TRUE") -> Clause:
    if not parts:
        return empty, []
    return "(" + word.join(sql for sql, _ in parts) + ")", [value for _, values in parts for value in values]
