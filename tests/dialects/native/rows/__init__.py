"""A row for each operation of the native API that needs a key: how to call it. One module for each subject.

A module has `ROWS`, by the operation's id, which is its handler's name. All contracts then run for the operation.
"""

import importlib
import pkgutil
from collections.abc import Iterator

from tests.dialects.native.rows.row import Row


def all_rows() -> dict[str, Row]:
    """Return the rows of all modules of this package."""
    return dict(_rows())


def _rows() -> Iterator[tuple[str, Row]]:
    for module in pkgutil.iter_modules(__path__, prefix=f"{__name__}."):
        yield from getattr(importlib.import_module(module.name), "ROWS", {}).items()
