"""`python -m bench [--only a,b] [--quick] [--write docs/benchmarks.md]` measures Mediatheque against its peers.

`--million` adds a library of 1,000,000 assets, which takes an hour and 15 GB of disk.

Needs nginx and wrk from the distribution, and the dependency group `bench`.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from bench import machine
from bench.blocks import Block, measure_library, measure_own, measure_peers
from bench.charts import write_charts
from bench.library import run as library
from bench.measurements import EXTENTS, MEASUREMENTS, Load
from bench.own import run as own
from bench.peers import PEERS, Peer
from bench.peers.mediatheque import Mediatheque, baseline
from bench.report import write


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures Mediatheque against its peers.")
    parser.add_argument("--only", default="", help="measurements by letter, such as a,b2; or peers, own, library")
    parser.add_argument("--peers", default="", help="servers by the beginning of their names, such as media,nginx")
    parser.add_argument("--baseline", type=Path, metavar="CHECKOUT", help="measure another checkout beside this one")
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", dest="extent", action="store_const", const="quick", help="to see that it works")
    extent.add_argument("--long", dest="extent", action="store_const", const="long", help="more and longer rounds")
    parser.add_argument("--million", action="store_true", help="measure the library with 1,000,000 assets, too")
    parser.add_argument(
        "--write", type=Path, metavar="docs/benchmarks.md", help="replace tables and charts of the page"
    )
    parser.add_argument("--plans", type=Path, metavar="FILE", help="write the query plans of the library's statements")
    parser.add_argument("--no-vectors", action="store_true", help="the larger library without: much sooner")
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


def _letters(only: str) -> set[str]:
    groups = {"peers": [m.key for m in MEASUREMENTS], "own": own.KEYS, "library": library.KEYS}
    known = {letter for group in groups.values() for letter in group}
    wanted = {letter for word in only.split(",") for letter in groups.get(word, [word])} if only else known
    if not wanted <= known:
        raise SystemExit(f"no such measurement: {only}; there are {', '.join([*sorted(known), *groups])}")
    return {letter for letter in wanted if _has_program(letter)}


def _has_program(letter: str) -> bool:
    """wrk is not a Python package; without it, what it measures is left out."""
    missing = [m.program for m in MEASUREMENTS if m.key == letter and m.program and not shutil.which(m.program)]
    for program in missing:
        print(f"left out: ({letter}) needs {program} (apt-get install {program})", file=sys.stderr)
    return not missing


def _measure(arguments: argparse.Namespace, letters: set[str], version: str, folder: Path) -> list[Block]:
    extent = arguments.extent or "usual"
    on = f"Mediatheque {version} on {machine.describe(folder)}"
    chosen = [m for m in MEASUREMENTS if m.key in letters]
    own_keys, library_keys = letters & {*own.KEYS}, letters & {*library.KEYS}
    blocks = []
    if chosen or own_keys:
        load = Load(EXTENTS[extent])
        if chosen:
            servers = _installed(arguments.peers, arguments.baseline)
            blocks.append(measure_peers(on, chosen, servers, load, folder))
        if own_keys:
            blocks.append(measure_own(on, own_keys, load, folder))
    if library_keys:
        amount = library.QUICK if extent == "quick" else library.FULL
        if arguments.million:
            amount = amount.with_larger_library(vectors=not arguments.no_vectors)
        blocks.append(measure_library(on, library_keys, amount, folder, arguments.plans))
    return blocks


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    arguments = _arguments()
    letters = _letters(arguments.only)
    if (load := os.getloadavg()[0]) > 1:
        print(f"the machine is busy (load average {load:.1f}): these figures will be noisy", file=sys.stderr)
    folder = Path(tempfile.mkdtemp(prefix="mediatheque-bench-", dir=arguments.folder))
    folder.chmod(0o755)  # servers that drop their privileges must still reach their data
    try:
        version = Mediatheque.version()
        blocks = _measure(arguments, letters, version, folder)
    finally:
        shutil.rmtree(folder)
    print("\n\n".join(block.text for block in blocks))
    if arguments.write:
        write_charts(arguments.write.parent / "images", [chart for block in blocks for chart in block.charts])
        texts = {block.name: block.text for block in blocks}
        write(arguments.write, texts, version, keep=["bench million"])
    if wrong := [fault for block in blocks for fault in block.faults]:
        raise SystemExit("query plans read too many rows:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
