"""All measurements of the library, in one run."""

from pathlib import Path
from typing import NamedTuple

from bench.library import inserting, listing, plans, searching
from bench.library.content import Queries
from bench.library.figures import Figures
from bench.library.seeded import SeededLibrary

KEYS = ("g", "h", "i")


class Load(NamedTuple):
    """How much. `compared`: of the searches, those whose recall is known. `with_vectors`: at the larger size, too."""

    sizes: tuple[int, ...]
    searches: int
    compared: int
    pages: int
    inserts: int
    with_vectors: bool = True

    def with_larger_library(self, *, vectors: bool) -> "Load":
        """Return the same with a second size, 1,000,000 where the first is 100,000."""
        return self._replace(sizes=(*self.sizes, self.sizes[-1] * 10), with_vectors=vectors)

    def shortened(self) -> "Load":
        """Return what is measured at the larger size."""
        return self._replace(searches=self.searches // 2, compared=max(5, self.compared // 4))


FULL = Load((100_000,), searches=200, compared=60, pages=100, inserts=2_000)
QUICK = Load((5_000,), searches=20, compared=20, pages=20, inserts=200)


def measure(folder: Path, keys: set[str], load: Load, to: Path | None) -> tuple[Figures, list[str]]:
    """Also what of the plans written to that file, if any, should not be."""
    figures, wrong = Figures(), []
    with SeededLibrary(folder / "stock") as stock:
        queries = Queries()
        for size in load.sizes:
            is_first = size == load.sizes[0]
            stock.grow(size, vectors=is_first or load.with_vectors)
            _measure_at_this_size(stock, figures, keys, load if is_first else load.shortened(), queries)
        wrong = plans.write(stock, to) if to else []
    return figures, wrong


def _measure_at_this_size(stock: SeededLibrary, figures: Figures, keys: set[str], load: Load, queries: Queries) -> None:
    if "h" in keys:
        listing.measure(stock, figures, load.pages)
    if "g" in keys and (stock.size == load.sizes[0] or load.with_vectors):
        searching.measure(stock, figures, (load.searches, load.compared), queries)
    if "i" in keys:
        inserting.measure(stock, figures, load.inserts)
