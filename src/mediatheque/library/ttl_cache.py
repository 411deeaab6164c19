"""What was read from the database a moment ago."""

import time
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values for `seconds` after they were put; at most `limit` of them, the oldest leaving first."""

    def __init__(self, seconds: float, limit: int) -> None:
        self._seconds = seconds
        self._limit = limit
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, if it is still fresh."""
        entry = self._values.get(key)
        if entry is None:
            return None
        if time.monotonic() - entry[0] > self._seconds:
            del self._values[key]
            return None
        return entry[1]

    def put(self, key: K, value: V) -> None:
        """Remember the value from now on."""
        self._values[key] = (time.monotonic(), value)
        self._values.move_to_end(key)
        if len(self._values) > self._limit:
            self._values.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget the value."""
        self._values.pop(key, None)
