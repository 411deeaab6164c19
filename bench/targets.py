"""The targets of the tables (issues 2 and 11): whether each is met, and by how much."""

import statistics
from collections.abc import Iterator

from bench.library import crowded
from bench.own import beside, embedding, start
from bench.own.figures import OwnFigures
from bench.peers import PEERS
from bench.peers.behind_nginx import BehindNginx
from bench.peers.mediatheque import Mediatheque, TwoProcesses
from bench.run import Rounds

_OURS = Mediatheque.name
Verdict = tuple[str, bool]
_NO_SLOWER = 0.95
"""A ratio that counts as no slower: rounds differ by more."""


def verdicts(rounds: Rounds) -> list[str]:
    """Return one line for each target that this run measured beside peers."""
    return lines(_check_targets(Medians(rounds)))


def own_verdicts(figures: OwnFigures) -> list[str]:
    """Return one line for each target that Mediatheque alone was measured for."""
    return lines(_check_own(figures))


def lines(judged: Iterator[Verdict]) -> list[str]:
    return [f"- {'met' if met else '**missed**'}: {text}" for text, met in judged]


class Medians:
    """The medians of a run."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds

    def of(self, key: str, name: str) -> float | None:
        values = self._rounds.get(key, {}).get(name)
        return statistics.median(values) if values else None

    def ratio(self, key: str, name: str, ours: str = _OURS, other_key: str = "") -> float | None:
        """Return our median divided by the other server's, which may be of another measurement."""
        own, other = self.of(key, ours), self.of(other_key or key, name)
        return own / other if own is not None and other else None


def _check_targets(medians: Medians) -> Iterator[Verdict]:
    yield from _at_least(medians, "a", "nginx DAV", 0.5)
    for peer in PEERS:
        if not peer.variant and peer.name not in (_OURS, "nginx DAV"):
            yield from _at_least(medians, "a", peer.name, 1)
    yield from _at_least(medians, "b", "PocketBase", 1)
    yield from _no_slower(medians.ratio("b2", _OURS, other_key="b"), "(b2) 64 at a time no slower than 8")
    for key, what in (("b", "8 at a time"), ("b2", "64 at a time")):
        ratio = medians.ratio(key, _OURS, TwoProcesses.name, other_key="b")
        yield from _no_slower(ratio, f"({key}) with `--workers 2`, {what}, no slower than (b)")
    yield from _at_least(medians, "c", "PocketBase", 2)
    yield from _at_least(medians, "c", "nginx DAV", 0.8, BehindNginx)
    yield from _at_least(medians, "d", "PocketBase", 0.8)
    yield from _at_least(medians, "d", "PocketBase", 1, TwoProcesses)
    memory = medians.of("e", _OURS)
    if memory is not None:
        yield f"(e) at most 100 MB over idle: {memory:.0f} MiB", memory * 1.048576 <= 100


def _at_least(
    medians: Medians, key: str, name: str, factor: float, ours: type[Mediatheque] = Mediatheque
) -> Iterator[Verdict]:
    ratio = medians.ratio(key, name, ours.name)
    if ratio is not None:
        wanted = "ahead of" if factor == 1 else f"at least {factor:g} x"
        variant = f" {ours.variant}" if ours.variant else ""
        yield f"({key}){variant} {wanted} {name}: {ratio:.2f} x", ratio >= factor


def _no_slower(ratio: float | None, text: str) -> Iterator[Verdict]:
    if ratio is not None:
        yield f"{text}: {ratio:.2f} x", ratio >= _NO_SLOWER


def _check_own(figures: OwnFigures) -> Iterator[Verdict]:
    for title, most, unit in (
        (start.HELP_TITLE, 0.3, "s"),
        (start.SERVE_TITLE, 2, "s"),
        (beside.COST_TITLE, 2.6, "ms"),
    ):
        if row := figures.find(title):
            yield f"{title}: at most {most} {unit}: {row.alone:.2f}", row.alone <= most
    if row := figures.find(embedding.TITLE):
        yield f"{row.title}: at least 60 images/s: {row.alone:.0f}", row.alone >= 60
    for title in (beside.EIGHT_TITLE, beside.MANY_TITLE, beside.SEARCH_TITLE):
        if (row := figures.find(title)) and row.ratio is not None:
            yield f"{title}: at most 10 % fewer: {row.ratio:.2f} x", row.ratio >= 0.9
        if (row := figures.find(f"{title}, p99")) and row.ratio is not None:
            yield f"{title}, p99: at most 1.5 x: {row.ratio:.2f} x", row.ratio <= 1.5
    yield from _check_crowded(figures)


def _check_crowded(figures: OwnFigures) -> Iterator[Verdict]:
    for what in crowded.WHATS:
        title = crowded.ROW.format(what=what)
        if (row := figures.find(f"{title}, p50")) and row.ratio is not None:
            yield f"{title}: as fast as alone (p50 at most 1.1 x): {row.ratio:.2f} x", row.ratio <= 1.1
        if (row := figures.find(f"{title}, recall")) and row.beside is not None:
            yield f"{title}: recall 1: {row.beside:.3f}", row.beside == 1
