"""The statements that requests wait for, called as the library calls them, and what is to be seen in their plans."""

from bench.library.seeded import SeededLibrary
from bench.library.statements import lists, searches, single
from bench.library.statements.base import TEXT, Example, Statement

__all__ = ["TEXT", "Example", "Statement", "statements"]


def statements(stock: SeededLibrary, example: Example) -> list[Statement]:
    return [
        *lists.pages(stock),
        *lists.counts(stock),
        *single.statements(stock, example),
        *searches.statements(stock, example),
    ]
