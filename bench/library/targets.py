"""What the library's table should show (issues 4 and 11), met or missed."""

from collections.abc import Iterator

from bench.library import listing, searching
from bench.library.figures import Figures
from bench.targets import Verdict, lines


def verdicts(figures: Figures, sizes: tuple[int, ...]) -> list[str]:
    """One line a target that could be judged in this run."""
    return lines(_judged(figures, sizes[0], sizes[-1]))


def _judged(figures: Figures, small: int, large: int) -> Iterator[Verdict]:
    everything = searching.ROW.format(what=searching.EVERYTHING)
    found, among_more = (figures.find(everything, size) for size in (small, large))
    if found and found.p95 and found.recall:
        yield f"(g) search among {small:,}: p50 at most 12 ms: {found.middle:.1f}", found.middle <= 12
        yield f"(g) search among {small:,}: p95 at most 30 ms: {found.p95:.1f}", found.p95 <= 30
        yield f"(g) search among {small:,}: recall at least 0.98: {found.recall:.3f}", found.recall >= 0.98
    if found and among_more and large > small:
        ratio = among_more.middle / found.middle
        yield f"(g) search among {large:,}: p50 at most 2 x of {small:,}: {ratio:.2f} x", ratio <= 2
    filtered = [f for f in figures.at(small) if f.recall is not None and f is not found]
    if filtered:
        recall = min(f.recall or 0 for f in filtered)
        yield f"(g) filtered searches: recall at least 0.95: {recall:.3f} at the least", recall >= 0.95
    first, deep = (figures.find(listing.ROW.format(what=what), small) for what in (listing.FIRST, listing.DEEP))
    if first and deep:
        ratio = deep.middle / first.middle
        yield f"(h) a page deep in the library at most 1.1 x the first: {ratio:.2f} x", ratio <= 1.1
    for what in listing.WHATS:
        before, after = (figures.find(listing.ROW.format(what=what), size) for size in (small, large))
        if before and after and large > small:
            ratio = after.middle / before.middle
            yield f"(h) {what}, among {large:,} at most 1.5 x of {small:,}: {ratio:.2f} x", ratio <= 1.5
