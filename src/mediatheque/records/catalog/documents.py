"""Conditions on JSON documents as SQL: the exact comparison, and the terms by which an index finds what may match.

The comparison is a path of SQL/JSON in lax mode, which looks into lists. The terms are those of the SQL function
`metadata_terms` (migration 0021). Everything that matches a comparison has its terms; a few more may have them.
"""

import math
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec

from mediatheque.model import ORDERED, Document, DocumentComparison, DocumentExists, Operator, Scalar
from mediatheque.records.catalog.intervals import cover

Clause = tuple[str, list[object]]
"""A condition in SQL and its parameters."""
DocumentCondition = DocumentComparison | DocumentExists

_OPERATORS = {Operator.GT: ">", Operator.GTE: ">=", Operator.LT: "<", Operator.LTE: "<="}
_TERM = "metadata_term(%s::uuid, %s, %s)"
_TERM_OF_JSON = "metadata_term(%s::uuid, %s, (%s::jsonb)::text)"
_TERM_OF_NUMBER = "metadata_term(%s::uuid, %s, metadata_number(%s::numeric))"
_TERMS_OF_RANGE = "ARRAY(SELECT metadata_term(%s::uuid, %s, i) FROM unnest(%s::text[]) i)"
# `OFFSET 0` keeps the planner from making a join of it: it is evaluated for each asset that meets all else.
_OF_GENERATION = """EXISTS (
    SELECT FROM file gf JOIN embedded_metadata g ON g.blob_id = gf.blob_id
    WHERE gf.id = a.file_id AND g.workspace_id = a.workspace_id AND g.generation @? %s OFFSET 0
)"""


def clause(condition: DocumentCondition) -> Clause:
    """Return the condition as a clause over `asset a`."""
    sql = "a.metadata @? %s" if condition.document is Document.METADATA else _OF_GENERATION
    return (f"NOT {sql}" if _is_negative(condition) else sql), [_json_path(condition)]


def terms(conditions: Iterable[DocumentCondition], workspace_id: UUID) -> list[Clause]:
    """Return SQL arrays of terms: a document of the workspace that meets the conditions has one term of each array.

    What is not there has no terms: conditions that demand it have no array.
    """
    found: list[Clause] = []
    ranges: dict[str, list[DocumentComparison]] = {}
    for condition in conditions:
        path = "".join(f".{len(key)}:{key}" for key in condition.path)
        if _is_negative(condition):
            continue
        if isinstance(condition, DocumentExists):
            found.append((f"ARRAY[{_TERM}]", [workspace_id, path, ""]))
        elif condition.operator in ORDERED:
            ranges.setdefault(path, []).append(condition)
        else:
            sql = [_TERM_OF_NUMBER if _is_number(value) else _TERM_OF_JSON for value in condition.values]
            values: list[object] = []
            for value in condition.values:
                values += [workspace_id, path, _literal(value)]
            found.append((f"ARRAY[{', '.join(sql)}]", values))
    return found + [(_TERMS_OF_RANGE, [workspace_id, path, _intervals(parts)]) for path, parts in ranges.items()]


def _intervals(comparisons: Sequence[DocumentComparison]) -> list[str]:
    """Return the intervals of the numbers that meet all comparisons, or none if one compares with another value."""
    least = [each.values[0] for each in comparisons if each.operator in (Operator.GT, Operator.GTE)]
    most = [each.values[0] for each in comparisons if each.operator in (Operator.LT, Operator.LTE)]
    if any(isinstance(value, str) for value in (*least, *most)):
        return []
    return cover(max(map(_nearest, least), default=None), min(map(_nearest, most), default=None))


def _nearest(value: Scalar) -> float:
    """Return the number as a float; of one that is too large, the infinite one."""
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, int(value))


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_negative(condition: DocumentCondition) -> bool:
    if isinstance(condition, DocumentExists):
        return not condition.exists
    return condition.operator is Operator.NEQ


def _json_path(condition: DocumentCondition) -> str:
    path = "$" + "".join(f".{_literal(key)}" for key in condition.path)
    if isinstance(condition, DocumentExists):
        return path
    operator = _OPERATORS.get(condition.operator, "==")
    return f"{path} ? ({' || '.join(f'@ {operator} {_literal(value)}' for value in condition.values)})"


def _literal(value: Scalar) -> str:
    """Return the value as a literal of SQL/JSON paths, which are those of JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("JSON has finite numbers only")
    return msgspec.json.encode(value).decode()
