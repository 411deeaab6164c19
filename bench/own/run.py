"""All measurements of Mediatheque alone, in one run."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import machine
from bench.library import crowded
from bench.measurements import Load
from bench.own import beside, embedding, start
from bench.own.figures import OwnFigures
from bench.run import FAILURES

KEYS = ("g2", "j", "k", "l", "m", "n")


def measure(folder: Path, keys: set[str], load: Load) -> OwnFigures:
    """A measurement that fails has no figure; the others go on."""
    figures = OwnFigures()
    for letters, work in _measurements(keys):
        if not letters <= keys:
            continue
        machine.settle(folder)
        try:
            work(folder / f"own-{min(letters)}", figures, load)
        except FAILURES as error:
            figures.fail(f"({', '.join(sorted(letters))}): {error}")
    return figures


def _measurements(keys: set[str]) -> list[tuple[set[str], Callable[[Path, OwnFigures, Load], None]]]:
    return [
        ({"n"}, start.measure_help),
        ({"m"}, start.measure_serve),
        ({"j"}, embedding.measure),
        (keys & {"k", "l"} or {"k"}, partial(beside.measure, keys=keys)),
        ({"g2"}, crowded.measure),
    ]
