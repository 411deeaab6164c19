"""(h) Pages of 50 assets through HTTP, one client: the first, those deep in the library, those behind filters."""

import random
import time
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from bench.client import Connection
from bench.library.figures import Figures, spread
from bench.library.filling import moment
from bench.library.seeded import SeededLibrary
from mediatheque.http.request.pagination import token_of_cursor
from mediatheque.model import Cursor

ROW = "(h) a page of 50, {what}, ms: p50 / p95"
FIRST, DEEP = "the first", "four fifths down"
WHATS = (FIRST, DEEP, "a tag on 1 %", "a collection of 10,000", "favourites, 2 %")
_WARM = 20


def measure(stock: SeededLibrary, figures: Figures, count: int) -> None:
    """Every page in turn, so that what the machine does meanwhile hits all of them alike."""
    chance = random.Random(7)

    def deep() -> dict[str, str]:
        """Another page each time: oldest last, so four fifths down is where the first fifth was made."""
        return {"cursor": token_of_cursor(Cursor(moment(round(stock.size * chance.uniform(0.15, 0.25))), UUID(int=0)))}

    asked: list[Callable[[], dict[str, str]]] = [
        dict,
        deep,
        lambda: {"tag_id": str(stock.tags["1 %"])},
        lambda: {"collection_id": str(stock.collection_id)},
        lambda: {"section": "favorites"},
    ]
    took: dict[str, list[float]] = {what: [] for what in WHATS}
    with Connection(stock.port) as connection:
        for number in range(count + _WARM):
            for what, query in zip(WHATS, asked, strict=True):
                path = "/v1/assets?" + urlencode(query())
                began = time.perf_counter()
                connection.request("GET", path, stock.auth)
                if number >= _WARM:
                    took[what].append(time.perf_counter() - began)
    for what, seconds in took.items():
        figures.add(spread(ROW.format(what=what), stock.size, seconds))
