"""Measuring all servers in turn, in each round, so that other load on the machine affects all of them equally."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import machine
from bench.client import RefusedError
from bench.measurements import Load, Measurement
from bench.peers import Peer

Rounds = dict[str, dict[str, list[float]]]  # measurement key -> server name -> one value a round


class Run:
    """Measurements and their results. A server that fails a measurement has no figure; `failures` has the reason."""

    def __init__(self, folder: Path, servers: Sequence[type[Peer]], load: Load) -> None:
        self._folder, self._servers, self._load = folder, servers, load
        self.rounds: Rounds = {}
        self.failures: list[str] = []

    def measure(self, measurements: Sequence[Measurement]) -> None:
        with ExitStack() as stack:
            running = self._start_all(stack) if any(not m.new_server for m in measurements) else []
            for measurement in (m for m in measurements if not m.new_server):
                self._measure_in_rounds(measurement, running)
        for measurement in (m for m in measurements if m.new_server):
            self._measure_in_new_servers(measurement)

    def _start_all(self, stack: ExitStack) -> list[Peer]:
        return [stack.enter_context(server(self._folder / server.__name__)) for server in self._servers]

    def _measure_in_rounds(self, measurement: Measurement, running: list[Peer]) -> None:
        """Run all rounds. The first one warms up and is discarded; each round begins with another server."""
        for number in range(self._load.rounds + 1):
            first = number % len(running)
            for peer in running[first:] + running[:first]:
                self._measure_once(measurement, peer, keep=number > 0)

    def _measure_in_new_servers(self, measurement: Measurement) -> None:
        for number in range(self._load.fresh_rounds):
            for server in self._servers:
                with server(self._folder / f"{measurement.key}{number}{server.__name__}") as peer:
                    self._measure_once(measurement, peer, keep=True)

    def _measure_once(self, measurement: Measurement, peer: Peer, *, keep: bool) -> None:
        if any(f.startswith(f"({measurement.key}) {peer.name}:") for f in self.failures):
            return
        machine.settle(self._folder)
        try:
            value = measurement.once(peer, self._load)
        except (RefusedError, OSError, RuntimeError) as error:
            self.failures.append(f"({measurement.key}) {peer.name}: {error}")
            print(f"{self.failures[-1]}\n{peer.server.log.read_text()[-3000:]}", file=sys.stderr, flush=True)
            self.rounds.get(measurement.key, {}).pop(peer.name, None)
            return
        print(f"{time.strftime('%X')} ({measurement.key}) {peer.name}: {value}", file=sys.stderr, flush=True)
        if keep and value is not None:
            self.rounds.setdefault(measurement.key, {}).setdefault(peer.name, []).append(value)
