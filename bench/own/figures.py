"""Figures of Mediatheque without peers: by itself, and beside something that should not disturb it."""

import sys
import time
from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """`beside` is None for what is measured by itself alone."""

    title: str
    unit: str
    alone: float
    beside: float | None = None
    more_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        return self.beside / self.alone if self.beside is not None and self.alone else None


class OwnFigures:
    """All rows in the order of their coming; `failures` has why others are missing."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.failures: list[str] = []

    def add(self, row: Row) -> None:
        note(f"{row.title}: {row.alone:.4g}" + (f" / {row.beside:.4g}" if row.beside is not None else ""))
        self.rows[row.title] = row

    def add_times(self, title: str, alone: Sequence[float], beside: Sequence[float], high: int = 95) -> None:
        """Add the medians and a high percentile of seconds, as milliseconds."""
        for name, share in (("p50", 0.5), (f"p{high}", high / 100)):
            figures = percentile(alone, share) * 1000, percentile(beside, share) * 1000
            self.add(Row(f"{title}, {name}", "ms", figures[0], figures[1]))

    def fail(self, failure: str) -> None:
        note(failure)
        self.failures.append(failure)

    def find(self, title: str) -> Row | None:
        return self.rows.get(title)

    def table(self) -> str:
        lines = ["| | by itself | beside | ratio |", "|---|---|---|---|"]
        for row in sorted(self.rows.values(), key=lambda row: row.title.split()[0]):
            direction = "more" if row.more_is_better else "less"
            cells = [plain(row.alone), plain(row.beside), f"{row.ratio:.2f} x" if row.ratio is not None else ""]
            lines.append(f"| {row.title}, {row.unit}, {direction} is better | {' | '.join(cells)} |")
        return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def plain(value: float | None) -> str:
    if value is None:
        return ""
    return f"**{value:,.0f}**" if value >= 100 else f"**{value:.3g}**"


def note(text: str) -> None:
    """Report progress, beside the table."""
    print(f"{time.strftime('%X')} {text}", file=sys.stderr, flush=True)
