"""JSON documents, conditions on them, and what the conditions mean, in plain Python."""

import operator
from collections.abc import Iterable, Iterator
from typing import Any

from hypothesis import strategies as st

from mediatheque.model import ORDERED, Document, DocumentComparison, DocumentExists, Operator

ORDERS = {Operator.GT: operator.gt, Operator.GTE: operator.ge, Operator.LT: operator.lt, Operator.LTE: operator.le}
KEYS = st.sampled_from(["a", "b", "0", "a.b", '"', "é", "$"])
NUMBERS = (
    st.sampled_from([0, 1, -1, 12, 1.5, -1.5, 1e300, -1e300, 1e-310, 10**18, -(10**18), 2**53 + 1])
    | st.integers(-20, 20)
    | st.floats(-20, 20, allow_nan=False)
)
SCALARS = st.sampled_from(["", "12", "x", "true", "a\\b", '"', "é"]) | NUMBERS | st.booleans()
_VALUES = st.recursive(
    SCALARS | st.none(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(KEYS, _VALUES, max_size=3)
_PATHS = st.lists(KEYS, min_size=1, max_size=3).map(tuple)


@st.composite
def conditions(draw: st.DrawFn, document: Document = Document.METADATA) -> DocumentComparison | DocumentExists:
    """Conditions of which some hold: keys and values are few."""
    path = draw(_PATHS)
    if draw(st.integers(0, 4)) == 0:
        return DocumentExists(document, path, draw(st.booleans()))
    operator = draw(st.sampled_from(list(Operator)))
    if operator in ORDERED:
        return DocumentComparison(document, path, operator, (draw(NUMBERS),))
    values = st.lists(SCALARS, min_size=1, max_size=3 if operator is Operator.IN else 1)
    return DocumentComparison(document, path, operator, tuple(draw(values)))


def holds(document: dict[str, Any], condition: DocumentComparison | DocumentExists) -> bool:
    """Whether the document meets the condition."""
    nodes = list(_at(document, condition.path))
    if isinstance(condition, DocumentExists):
        return bool(nodes) is condition.exists
    values = list(_unwrap(_unwrap(nodes)))
    if condition.operator in ORDERED:
        order = ORDERS[condition.operator]
        return any(_is_number(value) and order(value, condition.values[0]) for value in values)
    is_equal = any(_same(value, wanted) for value in values for wanted in condition.values)
    return is_equal is not (condition.operator is Operator.NEQ)


def _unwrap(nodes: Iterable[Any]) -> Iterator[Any]:
    for node in nodes:
        yield from node if isinstance(node, list) else [node]


def _at(node: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield node
        return
    for each in node if isinstance(node, list) else [node]:
        if isinstance(each, dict) and path[0] in each:
            yield from _at(each[path[0]], path[1:])


def _same(value: object, wanted: object) -> bool:
    if _is_number(value) and _is_number(wanted):
        return value == wanted
    return type(value) is type(wanted) and value == wanted


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
