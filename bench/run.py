"""Measuring all servers in turn, in each round, so that other load on the machine affects all of them equally."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import SubprocessError

from bench import machine
from bench.client import RefusedError
from bench.measurements import Load, Measurement
from bench.peers import Peer

Rounds = dict[str, dict[str, list[float]]]  # measurement key -> server name -> one value a round
FAILURES = (RefusedError, OSError, RuntimeError, SubprocessError)
"""What a server that cannot be started or measured raises."""


class Run:
    """Measurements and their results. A server that fails a measurement has no figure; `failures` has the reason."""

    def __init__(self, folder: Path, servers: Sequence[type[Peer]], load: Load) -> None:
        self._folder, self._servers, self._load = folder, servers, load
        self.rounds: Rounds = {}
        self.failures: list[str] = []

    def measure(self, measurements: Sequence[Measurement]) -> None:
        with ExitStack() as stack:
            beside = [m for m in measurements if not m.new_server]
            running = self._start_all(stack, [m.key for m in beside])
            for measurement in beside:
                self._measure_in_rounds(measurement, [p for p in running if p.takes_part_in(measurement.key)])
        for measurement in (m for m in measurements if m.new_server):
            self._measure_in_new_servers(measurement)

    def _start_all(self, stack: ExitStack, letters: Sequence[str]) -> list[Peer]:
        running = []
        for server in self._servers:
            if any(server.takes_part_in(letter) for letter in letters):
                with self._noting(f"{server.name} does not start"):
                    running.append(stack.enter_context(server(self._folder / server.__name__)))
        return running

    def _measure_in_rounds(self, measurement: Measurement, running: list[Peer]) -> None:
        """Run all rounds. The first one warms up and is discarded; each round begins with another server."""
        for number in range(self._load.extent.rounds + 1):
            first = number % max(1, len(running))
            for peer in running[first:] + running[:first]:
                self._measure_once(measurement, peer, keep=number > 0)

    def _measure_in_new_servers(self, measurement: Measurement) -> None:
        for number in range(self._load.extent.fresh_rounds):
            for server in (s for s in self._servers if s.takes_part_in(measurement.key)):
                with (
                    self._noting(f"({measurement.key}) {server.name} does not start"),
                    server(self._folder / f"{measurement.key}{number}{server.__name__}") as peer,
                ):
                    self._measure_once(measurement, peer, keep=True)

    @contextmanager
    def _noting(self, what: str) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            self._note(f"{what}: {error}")

    def _note(self, failure: str) -> None:
        self.failures.append(failure)
        print(failure, file=sys.stderr, flush=True)

    def _measure_once(self, measurement: Measurement, peer: Peer, *, keep: bool) -> None:
        if any(f.startswith(f"({measurement.key}) {peer.name}:") for f in self.failures):
            return
        machine.settle(self._folder)
        try:
            value = measurement.once(peer, self._load)
            peer.rest()
        except FAILURES as error:
            self._note(f"({measurement.key}) {peer.name}: {error}")
            print(peer.server.log.read_text()[-3000:], file=sys.stderr, flush=True)
            self.rounds.get(measurement.key, {}).pop(peer.name, None)
            return
        print(f"{time.strftime('%X')} ({measurement.key}) {peer.name}: {value}", file=sys.stderr, flush=True)
        if keep and value is not None:
            self.rounds.setdefault(measurement.key, {}).setdefault(peer.name, []).append(value)
