"""Packages that libraries import when they are installed, and that this program has no use for."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def absent(*packages: str) -> Iterator[None]:
    """Within the block, importing one of the packages fails as if it were not installed, unless it was imported before.

    They are installed as dependencies of others. structlog would draw traces for a terminal with rich, httpx its
    command line, which takes 50 ms to import; and litestar would add plugins for pydantic, 60 ms, and attrs.
    """
    hidden = [package for package in packages if package not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python spells it
    try:
        yield
    finally:
        for package in hidden:
            sys.modules.pop(package, None)
