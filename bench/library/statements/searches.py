"""Hybrid searches and the assets that are alike."""

from bench.library.seeded import SeededLibrary
from bench.library.statements.base import LISTED, TEXT, Call, Example, Statement
from mediatheque.model import Filter
from mediatheque.records.search import hybrid, scopes, similar
from mediatheque.records.search.text_query import parse

_DEPTH = 50


def statements(stock: SeededLibrary, example: Example) -> list[Statement]:
    own, model, vector = stock.workspace_id, example.model, example.vector
    large, few = Filter(kinds=LISTED), Filter(kinds=LISTED, tag_ids=(stock.tags["1 %"],))

    everything, tagged = scopes.Estimate(own, large, small=False), scopes.Estimate(own, few, small=True)

    def near(scope: scopes.Estimate) -> Call:
        return lambda conn: hybrid.by_example(conn, model, scope, vector=vector, depth=_DEPTH)

    def worded(scope: scopes.Estimate) -> Call:
        return lambda conn: hybrid.by_words(conn, scope, parse(TEXT), _DEPTH)

    measured = "Each count stops where the scope is known to be large."
    return [
        Statement(
            "search: how large is everything", measured, lambda conn: scopes.estimate_size(conn, model, own, large)
        ),
        Statement("search: how large is a tag", measured, lambda conn: scopes.estimate_size(conn, model, own, few)),
        Statement("search: by meaning in everything", "The vectors' index gives the nearest.", near(everything)),
        Statement(
            "search: by meaning in a small scope",
            "The members are read by their index and each of their vectors is compared.",
            near(tagged),
        ),
        Statement("search: by words in everything", "Words and tags have indexes of theirs.", worded(everything)),
        Statement(
            "search: by words in a small scope",
            "Assets with the words are read by their index, and those outside the scope left out.",
            worded(tagged),
        ),
        Statement(
            "search: what is shown of the found",
            "By id, each with its vectors.",
            lambda conn: hybrid.hits(conn, model, own, [example.asset.id], vector),
        ),
        Statement(
            "similar: the same bytes",
            "By the blob.",
            lambda conn: similar.identical(conn, example.asset, 20),
        ),
        Statement(
            "similar: the nearest",
            "The vectors' index again.",
            lambda conn: similar.nearest_to(conn, model, example.asset, 20),
        ),
    ]
