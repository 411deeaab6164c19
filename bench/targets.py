"""The targets of the table (issue 2, section 4): whether each is met, and by how much."""

import statistics
from collections.abc import Iterator

from bench.peers import PEERS
from bench.run import Rounds

_OURS = "Mediatheque"


def verdicts(rounds: Rounds) -> list[str]:
    """Return one line for each target that this run measured."""
    return [f"- {'met' if met else '**missed**'}: {text}" for text, met in _check_targets(Medians(rounds))]


class Medians:
    """The medians of a run."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds

    def of(self, key: str, name: str) -> float | None:
        values = self._rounds.get(key, {}).get(name)
        return statistics.median(values) if values else None

    def ratio(self, key: str, name: str) -> float | None:
        """Return Mediatheque's median divided by the other server's."""
        ours, other = self.of(key, _OURS), self.of(key, name)
        return ours / other if ours is not None and other else None


def _check_targets(medians: Medians) -> Iterator[tuple[str, bool]]:
    yield from _at_least(medians, "a", "nginx DAV", 0.5)
    for peer in PEERS:
        if peer.name not in (_OURS, "nginx DAV"):
            yield from _at_least(medians, "a", peer.name, 1)
    for peer in PEERS:
        if peer.name != _OURS and peer.has_records:
            yield from _at_least(medians, "b", peer.name, 1)
    yield from _at_least(medians, "c", "PocketBase", 2)
    memory = medians.of("e", _OURS)
    if memory is not None:
        yield f"(e) at most 100 MB over idle: {memory:.0f} MiB", memory * 1.048576 <= 100


def _at_least(medians: Medians, key: str, name: str, factor: float) -> Iterator[tuple[str, bool]]:
    ratio = medians.ratio(key, name)
    if ratio is not None:
        wanted = "ahead of" if factor == 1 else f"at least {factor:g} x"
        yield f"({key}) {wanted} {name}: {ratio:.2f} x", ratio > 1 if factor == 1 else ratio >= factor
