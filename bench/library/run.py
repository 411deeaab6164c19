"""All measurements of the library, in one run."""

from pathlib import Path
from typing import NamedTuple

from bench.library import ingesting, inserting, listing, plans, searching
from bench.library.content import Queries
from bench.library.figures import Figures
from bench.library.seeded import SeededLibrary

KEYS = ("g", "h", "i", "j")


class Load(NamedTuple):
    """How much. `with_vectors`: at the larger size, too."""

    sizes: tuple[int, ...]
    searches: int
    pages: int
    inserts: int
    photos: int
    with_vectors: bool = True


FULL = Load((100_000, 1_000_000), searches=200, pages=200, inserts=5_000, photos=300)
QUICK = Load((5_000, 20_000), searches=20, pages=20, inserts=200, photos=30)


def measure(folder: Path, keys: set[str], load: Load, to: Path | None) -> tuple[Figures, list[str]]:
    """Also what of the plans written to that file, if any, should not be."""
    figures, wrong = Figures(), []
    if keys & {"g", "h", "i"} or to:
        with SeededLibrary(folder / "stock") as stock:
            queries = Queries()
            for size in load.sizes:
                stock.grow(size, vectors=size == load.sizes[0] or load.with_vectors)
                _at_this_size(stock, figures, keys, load, queries)
            wrong = plans.write(stock, to) if to else []
    if "j" in keys:
        ingesting.measure(folder / "ingest", figures, load.photos)
    return figures, wrong


def _at_this_size(stock: SeededLibrary, figures: Figures, keys: set[str], load: Load, queries: Queries) -> None:
    if "h" in keys:
        listing.measure(stock, figures, load.pages)
    if "g" in keys and (stock.size == load.sizes[0] or load.with_vectors):
        count = load.searches if stock.size == load.sizes[0] else load.searches // 4
        searching.measure(stock, figures, count, queries)
    if "i" in keys:
        inserting.measure(stock, figures, load.inserts)
