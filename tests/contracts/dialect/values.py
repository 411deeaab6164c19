"""Lists of values that code shared by all operations refuses before it knows the operation.

That the code knows every value is tested on one operation of each error format (`every_value` of its suite); that an
operation has the code before it, with the first value. `make stress` sends every value to every operation.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest


class _Values(msgspec.Struct, frozen=True):
    name: str
    values: tuple[Any, ...]
    ids: Callable[[Any], str] | None


Test = Callable[..., None]


def each_value(name: str, values: Iterable[Any], ids: Callable[[Any], str] | None = None) -> Callable[[Test], Test]:
    """Run the test of a suite once for each value; the first is the one that every operation is sent."""

    def decorate(test: Test) -> Test:
        test.each_value = _Values(name, tuple(values), ids)  # type: ignore[attr-defined]
        return test

    return decorate


def parametrize(metafunc: pytest.Metafunc, *, every_value: bool) -> None:
    """Give the values to a test that has some. Without `every_value`, all but the first are for `make stress`."""
    given: _Values | None = getattr(metafunc.function, "each_value", None)
    if given is None:
        return
    first, *others = given.values
    marks = () if every_value else (pytest.mark.stress,)
    metafunc.parametrize(given.name, [first, *(pytest.param(value, marks=marks) for value in others)], ids=given.ids)
