"""How long tests go on that meet their cases by chance: a part of it in `make test`, all of it in `make stress`.

Such tests are marked `sampled`, so that `make stress` runs them.
"""

import math
import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

AT_LENGTH = bool(os.environ.get("MEDIATHEQUE_TEST_AT_LENGTH"))


def rounds(full: int) -> int:
    """Rounds of a race, or tries."""
    return full if AT_LENGTH else math.ceil(full / 5)


def examples(full: int) -> int:
    """Examples of a property, or of the runs of a state machine."""
    return full if AT_LENGTH else math.ceil(full / 3)


def sampled(cases: Iterable[T], every: int) -> list[T]:
    """Every such case of many; all of them at length."""
    return list(cases)[:: 1 if AT_LENGTH else every]
