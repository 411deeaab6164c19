"""The statements that requests wait for, called as the library calls them, and what is to be seen in their plans."""

from bench.library.statements import lists, searches, single
from bench.library.statements.base import TEXT, Example, Statement
from bench.library.stock import Stock

__all__ = ["TEXT", "Example", "Statement", "statements"]


def statements(stock: Stock, example: Example) -> list[Statement]:
    return [
        *lists.pages(stock),
        *lists.counts(stock),
        *single.statements(stock, example),
        *searches.statements(stock, example),
    ]
