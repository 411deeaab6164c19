"""(g) Hybrid searches, of everything and within filters: time through HTTP, and how much of the exact answer they find.

The exact answer is that of the same search with every vector in the scope looked at. It is timed too, without HTTP.
"""

import asyncio
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from bench import machine
from bench.client import Connection
from bench.library.content import Queries
from bench.library.figures import Figure, Figures, note, spread
from bench.library.seeded import SeededLibrary
from mediatheque.embedding.config import EmbeddingConfig
from mediatheque.library.search.embedding_models import EmbeddingModels
from mediatheque.library.search.encoders import Encoders
from mediatheque.library.search.ranking import reciprocal_rank_fusion
from mediatheque.model import Filter, Kind
from mediatheque.records.database import Database, DatabaseConfig
from mediatheque.records.search import hybrid
from mediatheque.records.search.embeddings import to_pgvector
from mediatheque.records.search.scopes import Estimate
from mediatheque.records.search.text_query import parse

ROW = "(g) hybrid search for 20, {what}, ms: p50 / p95"
EVERYTHING, SOME, FEW = "everything", "a tag on 30 %", "a tag on 1 %"
WHATS = (EVERYTHING, SOME, FEW)
"""Of the cases, those that are drawn."""
_LISTED = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.MODEL)
_WANTED, _DEPTH = 20, 50  # shown; of each list that is fused
WARM_UP = 120  # searches, so that each of the server's connections has prepared its statements


class Case(NamedTuple):
    what: str
    asked: Mapping[str, str]
    wanted: Filter


def cases(stock: SeededLibrary) -> list[Case]:
    """The same scopes, as query parameters and as a Filter."""
    tagged = [
        Case(f"a tag on {share}", {"tag_id": str(id)}, Filter(kinds=_LISTED, tag_ids=(id,)))
        for share, id in stock.tags.items()
    ]
    return [
        Case(EVERYTHING, {}, Filter(kinds=_LISTED)),
        *tagged,
        Case("favourites, 2 %", {"section": "favorites"}, Filter(kinds=_LISTED, favorites=True)),
        Case("videos, 15 %", {"media_type": "video"}, Filter(kinds=(Kind.VIDEO,))),
    ]


def measure(stock: SeededLibrary, figures: Figures, counts: tuple[int, int], queries: Queries) -> None:
    """Of each case so many queries, none of them asked before; the second count is of those whose recall is known."""
    count, compared = counts
    before = machine.addition_milliseconds()
    for case in cases(stock):
        texts = queries.take(count)
        ask(stock, case, queries.take(WARM_UP))
        took, found = ask(stock, case, texts)
        exact_took, exact = asyncio.run(exactly(stock, case.wanted, texts[:compared]))
        recalls = [len({*some} & {*all_}) / len(all_) for some, all_ in zip(found, exact, strict=False) if all_]
        figures.add(spread(ROW.format(what=case.what), stock.size, took, statistics.mean(recalls)))
        note(f"  the worst recall of a query: {min(recalls):.2f}")
        if case.what == EVERYTHING:
            figures.add(spread("(g) the same, every vector looked at, without HTTP", stock.size, exact_took))
    row = "(g) five million additions in Python, ms: before / after all searches"
    figures.add(Figure(row, stock.size, before, machine.addition_milliseconds()))


def ask(stock: SeededLibrary, case: Case, texts: Sequence[str]) -> tuple[list[float], list[list[UUID]]]:
    took, found = [], []
    with Connection(stock.port) as connection:
        for text in texts:
            path = "/v1/assets?" + urlencode({"q": text, "limit": _WANTED, **case.asked})
            began = time.perf_counter()
            answer = connection.request("GET", path, stock.auth)
            took.append(time.perf_counter() - began)
            found.append([UUID(asset["vector_id"]) for asset in json.loads(answer.body)["assets"]])
    return took, found


async def exactly(stock: SeededLibrary, wanted: Filter, texts: Sequence[str]) -> tuple[list[float], list[list[UUID]]]:
    took, found = [], []
    scope = Estimate(stock.workspace_id, wanted, small=True)
    async with Database(DatabaseConfig(url=stock.url, pool_min=1)) as database:
        encoders = Encoders(EmbeddingConfig(cache=stock.models))
        models = EmbeddingModels(database, encoders)
        model = await models.active()
        await models.warm()
        async with database.connection() as conn:
            for text in texts:
                began = time.perf_counter()
                vector = to_pgvector(await encoders.encode_text(model, text))
                near = await hybrid.by_example(conn, model, scope, vector=vector, depth=_DEPTH)
                legs = await hybrid.by_words(conn, scope, parse(text), _DEPTH)
                found.append(reciprocal_rank_fusion({"vectors": near.ids, **legs}, _WANTED))
                took.append(time.perf_counter() - began)
        await encoders.close()
    return took, found
