"""(g2) Searches of a small workspace: where it is all there is, and in an instance of very many workspaces.

Two servers, asked in turn. Their workspace has the same number of assets; in one, others beside it share all tables
and indexes.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from bench.library.content import Queries
from bench.library.filling import Target, fill
from bench.library.indexes import without_indexes
from bench.library.searching import EVERYTHING, SOME, WARM_UP, Case, ask, cases, exactly
from bench.library.seeded import TABLES, SeededLibrary, insert
from bench.measurements import Load
from bench.own.figures import OwnFigures, Row, note

OWN = 200
"""Assets of every workspace."""
ROW = f"(g2) hybrid search for 20 in a workspace of {OWN}, beside others, {{what}}"
WHATS = (EVERYTHING, SOME)


class Crowded(SeededLibrary):
    """A workspace among others. `with` it, then `crowd`."""

    def crowd(self, workspaces: int) -> None:
        """Make so many workspaces in all, this one among them, of `OWN` assets each; ready to be measured."""
        began = time.monotonic()
        with self.connect() as conn:
            conn.execute("SET synchronous_commit = off")
            others = [insert(conn, "workspace", name=f"workspace {n}") for n in range(1, workspaces)]
            with without_indexes(conn, [*TABLES, "embedding"]):
                fill(conn, self.target, range(OWN), self.shape, captions=False)
                if others:
                    crowd = Target(others[0], spread=others)
                    fill(conn, crowd, range(len(others) * OWN), self.shape, captions=False)
            conn.execute("VACUUM ANALYZE")
            conn.execute("CHECKPOINT")
        self.size = OWN
        note(f"{workspaces:,} workspaces of {OWN} assets in {time.monotonic() - began:.0f} s")


def measure(folder: Path, figures: OwnFigures, load: Load) -> None:
    with Crowded(folder / "alone") as alone, Crowded(folder / "crowded") as crowded:
        both = (alone, crowded)
        alone.crowd(1)
        crowded.crowd(load.extent.workspaces)
        queries = Queries()
        for number, case in enumerate(cases(alone)):
            if case.what in WHATS:
                asked = [(server, cases(server)[number]) for server in both]
                for server, same in asked:
                    ask(server, same, queries.take(WARM_UP))
                _compare(figures, asked, queries.take(load.extent.searches))


def _compare(figures: OwnFigures, asked: Sequence[tuple[SeededLibrary, Case]], texts: Sequence[str]) -> None:
    took: list[list[float]] = [[], []]
    recalls: list[list[float]] = [[], []]
    exact = [asyncio.run(exactly(server, case.wanted, texts))[1] for server, case in asked]
    for number, text in enumerate(texts):
        for side, (server, case) in enumerate(asked):
            [seconds], [found] = ask(server, case, [text])
            took[side].append(seconds)
            wanted = exact[side][number]
            recalls[side].append(len({*found} & {*wanted}) / len(wanted))
    title = ROW.format(what=asked[0][1].what)
    figures.add_times(title, took[0], took[1])
    alone, beside = (statistics.mean(side) for side in recalls)
    figures.add(Row(f"{title}, recall", "share", alone, beside, more_is_better=True))
