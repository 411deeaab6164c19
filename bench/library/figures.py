"""What was measured of the library, and the table of it: a column for each number of assets."""

import sys
import time
from typing import NamedTuple


class Figure(NamedTuple):
    """One cell. `middle` is the median of times in ms, or a rate; `recall` the mean over the queries."""

    row: str
    size: int
    middle: float
    p95: float | None = None
    recall: float | None = None


class Figures:
    """All of them by row and size, rows in the order of their coming."""

    def __init__(self) -> None:
        self._found: dict[str, dict[int, Figure]] = {}

    def add(self, figure: Figure) -> None:
        note(f"{figure.row} at {figure.size:,}: {_cell(figure, figure)}")
        self._found.setdefault(figure.row, {})[figure.size] = figure

    def find(self, row: str, size: int) -> Figure | None:
        return self._found.get(row, {}).get(size)

    def at(self, size: int) -> list[Figure]:
        return [figures[size] for figures in self._found.values() if size in figures]

    def table(self) -> str:
        sizes = sorted({size for figures in self._found.values() for size in figures})
        heads = [f"{size:,} assets" if size else "an empty library" for size in sizes]
        lines = ["| | " + " | ".join(heads) + " |", "|---" * (len(sizes) + 1) + "|"]
        for row, figures in self._found.items():
            first = figures[min(figures)]
            cells = [_cell(figures.get(size), first) for size in sizes]
            lines.append(f"| {row} | " + " | ".join(cells) + " |")
        return "\n".join(lines)


def _cell(figure: Figure | None, first: Figure) -> str:
    """With what the figure is of the one at the smallest size."""
    if figure is None:
        return ""
    text = f"**{_plain(figure.middle)}**" + (f" / {_plain(figure.p95)}" if figure.p95 is not None else "")
    text += f"; recall {figure.recall:.3f}" if figure.recall is not None else ""
    return text + ("" if figure is first else f"; {figure.middle / first.middle:.2f} x")


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def spread(row: str, size: int, seconds: list[float], recall: float | None = None) -> Figure:
    """The figure of many times taken."""
    ordered = sorted(seconds)
    return Figure(row, size, ordered[len(ordered) // 2] * 1000, ordered[int(len(ordered) * 0.95)] * 1000, recall)


def note(text: str) -> None:
    """Progress, beside the table."""
    print(f"{time.strftime('%X')} {text}", file=sys.stderr, flush=True)
