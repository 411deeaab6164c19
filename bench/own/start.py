"""(m) Seconds until `serve` answers on a data folder that exists; (n) seconds of `mediatheque --help`."""

import statistics
import subprocess
import time
from pathlib import Path

from bench.measurements import Load
from bench.own.figures import OwnFigures, Row
from bench.peers.mediatheque import Mediatheque
from bench.processes import Server, free_ports

SERVE_TITLE = "(m) `mediatheque serve` on an existing library, until /readyz answers 200"
HELP_TITLE = "(n) `mediatheque --help`"


def measure_serve(folder: Path, figures: OwnFigures, load: Load) -> None:
    with Mediatheque(folder) as server:
        server.upload(load.small.next_batch()[0])
        server.rest()
    took = [_seconds_until_ready(folder) for _ in range(load.extent.starts)]
    figures.add(Row(SERVE_TITLE, "s", statistics.median(took)))


def _seconds_until_ready(folder: Path) -> float:
    (port,) = free_ports(1)
    command = [str(Mediatheque.binary()), "serve", "--port", str(port), "--data", str(folder / "data")]
    began = time.perf_counter()
    server = Server(command, folder / "again.log", folder, {})
    try:
        server.wait_until_ready(port, "/readyz")
        return time.perf_counter() - began
    finally:
        server.stop()


def measure_help(folder: Path, figures: OwnFigures, load: Load) -> None:
    took = []
    folder.mkdir()
    for _ in range(load.extent.starts + 1):
        began = time.perf_counter()
        subprocess.run([str(Mediatheque.binary()), "--help"], cwd=folder, check=True, capture_output=True, timeout=60)
        took.append(time.perf_counter() - began)
    figures.add(Row(HELP_TITLE, "s", statistics.median(took[1:])))  # the first one reads the files from disk
