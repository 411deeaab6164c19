"""Which figures are drawn, and the files of the drawings: each for light pages and for dark ones."""

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.library import searching
from bench.library.figures import Figures
from bench.measurements import Measurement
from bench.own import beside
from bench.own.figures import OwnFigures
from bench.peers import Peer
from bench.run import Rounds
from bench.svg import SCHEMES, Bar, Chart, Panel, draw

_DRAWN = ("a", "b", "b2", "c", "d", "e")


def write_charts(folder: Path, charts: Sequence[Chart]) -> None:
    """Write `NAME-light.svg` and `NAME-dark.svg` for each chart."""
    folder.mkdir(exist_ok=True)
    for chart in charts:
        for scheme, colours in SCHEMES.items():
            (folder / f"{chart.name}-{scheme}.svg").write_text(draw(chart, colours))


def of_peers(
    rounds: Rounds, measurements: Sequence[Measurement], servers: Sequence[type[Peer]], caption: str
) -> list[Chart]:
    panels = [
        Panel(f"({m.key}) {m.title}", f"{m.unit}, {'more' if m.more_is_better else 'less'} is better", bars)
        for m in measurements
        if m.key in _DRAWN and (bars := _bars(rounds.get(m.key, {}), servers))
    ]
    return _charts("bench-peers", "Mediatheque beside its peers", caption, panels)


def _bars(values: dict[str, list[float]], servers: Sequence[type[Peer]]) -> list[Bar]:
    return [
        Bar(server.name, statistics.median(values[server.name]), server.is_ours)
        for server in servers
        if server.name in values
    ]


def of_own(figures: OwnFigures, caption: str) -> list[Chart]:
    return _charts("bench-own", "Beside a full queue of embeddings", caption, [*_beside(figures)])


def _beside(figures: OwnFigures) -> Iterator[Panel]:
    for title, percentile in ((beside.EIGHT_TITLE, "p99"), (beside.MANY_TITLE, "p99"), (beside.SEARCH_TITLE, "p95")):
        what = {
            beside.EIGHT_TITLE: "(k) Uploads, 8 at a time",
            beside.MANY_TITLE: "(k) Uploads, 64 at a time, --workers 2",
        }
        name = what.get(title, "(l) Searches, one at a time")
        for row in (figures.find(title), figures.find(f"{title}, {percentile}")):
            if row and row.beside is not None:
                unit = f"{row.unit}, {'more' if row.more_is_better else 'less'} is better"
                kind = name if row.title == title else f"{name}: {percentile}"
                yield Panel(kind, unit, [Bar("nothing embedded", row.alone, False), Bar("queue full", row.beside)])


def of_library(name: str, figures: Figures, sizes: Sequence[int], caption: str) -> list[Chart]:
    panels = []
    for what in searching.WHATS:
        found = [f for size in sizes if (f := figures.find(searching.ROW.format(what=what), size))]
        bars = [bar for f in found for bar in (Bar(f"{f.size:,} assets: p50", f.middle), Bar("p95", f.p95 or 0, False))]
        if bars:
            panels.append(Panel(f"(g) Search of {what}", "ms, less is better", bars))
    return _charts(name.replace(" ", "-"), "Hybrid searches through HTTP", caption, panels)


def _charts(name: str, title: str, caption: str, panels: Sequence[Panel]) -> list[Chart]:
    return [Chart(name, title, caption, panels)] if panels else []
