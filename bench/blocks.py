"""The blocks of the page: each is what one run measured of one subject, with its commit and machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench import charts, notes, report, targets
from bench.library import run as library
from bench.library import targets as library_targets
from bench.measurements import Load, Measurement
from bench.own import run as own
from bench.peers import Peer
from bench.run import Run
from bench.svg import Chart


class Block(NamedTuple):
    """`name` is that of its place on the page; `faults` are those of query plans."""

    name: str
    text: str
    charts: Sequence[Chart]
    faults: Sequence[str] = ()


def measure_peers(
    on: str, chosen: Sequence[Measurement], servers: Sequence[type[Peer]], load: Load, folder: Path
) -> Block:
    run = Run(folder, servers, load)
    run.measure(chosen)
    versions = ", ".join(f"{s.name} {s.version()}" for s in servers if not s.is_ours)
    extent = load.extent
    rounds = f"{extent.rounds} rounds ({extent.fresh_rounds} for memory)"
    drawn = charts.of_peers(run.rounds, chosen, servers, on)
    text = [
        f"{on}. {versions}.",
        report.pictures(drawn),
        report.table(run.rounds, chosen, servers),
        notes.PEERS.format(rounds=rounds),
        "\n".join(targets.verdicts(run.rounds)),
        report.failures(run.failures),
    ]
    return Block("bench peers", report.joined(text), drawn)


def measure_own(on: str, keys: set[str], load: Load, folder: Path) -> Block:
    figures = own.measure(folder, keys, load)
    drawn = charts.of_own(figures, on)
    extent = load.extent
    text = [
        f"{on}.",
        report.pictures(drawn),
        figures.table(),
        notes.OWN.format(queue=extent.queue, workspaces=f"{extent.workspaces:,}", starts=extent.starts),
        "\n".join(targets.own_verdicts(figures)),
        report.failures(figures.failures),
    ]
    return Block("bench own", report.joined(text), drawn)


def measure_library(on: str, keys: set[str], load: library.Load, folder: Path, plans: Path | None) -> Block:
    name = "bench library" if len(load.sizes) == 1 else "bench million"
    figures, faults = library.measure(folder, keys, load, plans)
    drawn = charts.of_library(name, figures, load.sizes, on)
    text = [
        f"{on}.",
        report.pictures(drawn),
        figures.table(),
        notes.LIBRARY.format(searches=load.searches, compared=load.compared),
        "\n".join(library_targets.verdicts(figures, load.sizes)),
    ]
    return Block(name, report.joined(text), drawn, faults)
