"""`python -m bench [--only a,b] [--quick] [--write docs/benchmarks.md]` measures Mediatheque against its peers.

`--only library` measures a library of very many assets alone, without peers; it needs 15 GB of disk.

Needs nginx and wrk from the distribution, and the dependency group `bench`.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import machine, report, targets
from bench.library import run as library
from bench.library import targets as library_targets
from bench.measurements import MEASUREMENTS, Load, Measurement
from bench.peers import PEERS, Peer
from bench.peers.mediatheque import Mediatheque, baseline
from bench.run import Run

_NOTES = """\
Median of {rounds} rounds (lowest - highest); "ours" is Mediatheque's median divided by that server's. All servers
run at the same time; one is measured at a time, in turn, after a warm-up round, with the disk idle and memory
warm. The same client sends the same bytes to all of them, and no file twice. Memory is the sum of PSS over all
processes of a server (ours with its PostgreSQL), each in a server of its own. Servers run with their defaults,
request logs off where there is a switch. nginx keeps bytes and nothing else; SeaweedFS hashes chunks (MD5), copyparty
the file (SHA-512), and both index it; PocketBase checks a user's token and writes a record; copyparty's JSON is the
listing of a folder with one file. Mediatheque checks a key, hashes (SHA-256), sniffs, opens the file with its
decoder, and fsyncs bytes and record before it answers."""

_LIBRARY_NOTES = """\
One client, one kept connection, after a warm-up (120 searches of each kind); "x" is the ratio to the smaller library.
Another workspace shares all indexes. Every vector lies near one of 400 phrases; one asset in four has a caption, and a
vector of it, too. The searches are {searches} different texts (a quarter as many in the larger library): phrases,
phrases with a word of titles, one in ten misspelt. Recall is that of the first 20 against the same search with every
vector in the scope looked at. Assets are inserted by four tasks of one process, each with its vector and its task for
the worker, fsync on.
Photos come over HTTP, four at a time, into a server as `mediatheque serve` starts it."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures Mediatheque against its peers.")
    parser.add_argument("--only", default="", help="measurements by letter, such as a,b; or library")
    parser.add_argument("--peers", default="", help="servers by the beginning of their names, such as media,nginx")
    parser.add_argument("--baseline", type=Path, metavar="CHECKOUT", help="measure another checkout beside this one")
    parser.add_argument("--quick", action="store_true", help="few and short rounds: to see that it works")
    parser.add_argument("--write", type=Path, metavar="docs/benchmarks.md", help="replace the table in this file")
    parser.add_argument("--plans", type=Path, metavar="FILE", help="write the query plans of the library's statements")
    parser.add_argument("--no-vectors", action="store_true", help="the larger library without: 10 minutes sooner")
    parser.add_argument("--folder", type=Path, help="where the servers keep their data (default: a temporary folder)")
    return parser.parse_args()


def _installed(wanted: str, checkout: Path | None) -> list[type[Peer]]:
    prefixes = tuple(wanted.lower().split(","))
    servers = [p for p in PEERS if p.name.lower().startswith(prefixes)]
    if checkout:
        servers.insert(1, baseline(checkout.resolve()))
    for server in servers:
        if what := server.missing_program():
            print(f"left out: {server.name} needs {what}", file=sys.stderr)
    return [s for s in servers if not s.missing_program()]


def _chosen(only: str) -> tuple[list[Measurement], set[str]]:
    """Return the measurements against peers, and the letters of the library's measurements."""
    known = {*(m.key for m in MEASUREMENTS), *library.KEYS}
    letters = set(only.replace("library", ",".join(library.KEYS)).split(",")) if only else known
    if not letters <= known:
        raise SystemExit(f"no such measurement: {only}; there are {', '.join(sorted(known))} and library")
    return [m for m in MEASUREMENTS if m.key in letters], letters & {*library.KEYS}


def _measure(
    arguments: argparse.Namespace, on: str, chosen: Sequence[Measurement], servers: Sequence[type[Peer]], folder: Path
) -> str:
    load = Load(quick=arguments.quick)
    run = Run(folder, servers, load)
    run.measure(chosen)
    versions = ", ".join(f"{s.name} {s.version()}" for s in servers)
    rounds = f"{load.rounds} ({load.fresh_rounds} for memory)"
    parts = [f"{on}. {versions}.", report.table(run.rounds, chosen, servers), _NOTES.format(rounds=rounds)]
    parts += ["\n".join(targets.verdicts(run.rounds)), "\n".join(f"- failed: {f}" for f in run.failures)]
    return "\n\n".join(p for p in parts if p)


def _measure_library(arguments: argparse.Namespace, on: str, keys: set[str], folder: Path) -> tuple[str, list[str]]:
    """Return the report, and the faults found in the query plans."""
    load = library.QUICK if arguments.quick else library.FULL
    load = load._replace(with_vectors=not arguments.no_vectors)
    figures, wrong = library.measure(folder, keys, load, arguments.plans)
    notes = _LIBRARY_NOTES.format(searches=load.searches)
    verdicts = library_targets.verdicts(figures, load.sizes)
    return "\n\n".join(
        [f"{on}. Mediatheque {Mediatheque.version()}.", figures.table(), notes, "\n".join(verdicts)]
    ), wrong


def _report(block: str, name: str, page: Path | None) -> None:
    print(block)
    if page:
        report.write(page, name, block)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    arguments = _arguments()
    (chosen, keys), servers = _chosen(arguments.only), _installed(arguments.peers, arguments.baseline)
    wrong: list[str] = []
    if chosen and not shutil.which("wrk"):
        raise SystemExit("wrk is missing: apt-get install wrk")
    if (load := os.getloadavg()[0]) > 1:
        print(f"the machine is busy (load average {load:.1f}): these figures will be noisy", file=sys.stderr)
    folder = Path(tempfile.mkdtemp(prefix="mediatheque-bench-", dir=arguments.folder))
    folder.chmod(0o755)  # servers that drop their privileges must still reach their data
    try:
        on = machine.describe(folder)
        if chosen:
            _report(_measure(arguments, on, chosen, servers, folder), "bench", arguments.write)
        if keys:
            block, wrong = _measure_library(arguments, on, keys, folder)
            _report(block, "bench library", arguments.write)
    finally:
        shutil.rmtree(folder)
    if wrong:
        raise SystemExit("query plans read too many rows:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
