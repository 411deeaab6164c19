"""All contracts for all operations of the native API that need a key."""

from typing import Any

from tests.dialects.native.contracts import NativeMutation, NativeOperation, TakesNativeJson, endpoint_of
from tests.dialects.native.openapi.checks import KEYED
from tests.dialects.native.rows import all_rows

ROWS = all_rows()


def test_each_operation_has_a_row() -> None:
    assert set(ROWS) == set(KEYED), "add the operation to tests/dialects/native/rows"


def _suite(id: str) -> type[Any]:
    operation, row = KEYED[id], ROWS[id]
    bases: list[type[Any]] = [NativeMutation if operation.has_claim else NativeOperation]
    if operation.body is not None and operation.body_required and not operation.consumes:
        bases.append(TakesNativeJson)
    given = {"endpoint": endpoint_of(operation, row), "operation": operation, "row": row, "__module__": __name__}
    return type(f"Test_{id}", tuple(bases), given)


for _id in sorted(set(ROWS) & set(KEYED)):
    globals()[f"Test_{_id}"] = _suite(_id)
