"""(f) Bytes of a 64 MiB upload that are not on disk when the server answers, and a power failure would lose.

Read from the kernel (`Dirty` and `Writeback` in /proc/meminfo), with the disk idle before. About 64 means that the
server does not fsync uploads, about 0 that it does. Other writers on the machine can only increase it.
"""

import re
from pathlib import Path

from bench.measurements.base import Load, Measurement
from bench.payloads import MiB
from bench.peers import Peer


def once(peer: Peer, load: Load) -> float:
    before = _unwritten()
    peer.upload(load.recording.next())
    return max(0, _unwritten() - before) / MiB


def _unwritten() -> int:
    found = re.findall(r"^(?:Dirty|Writeback): +(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return sum(int(kib) * 1024 for kib in found)


MEASUREMENT = Measurement(
    "f", "of a 64 MiB upload, not yet on disk when answered", "MiB", once, more_is_better=False, has_ratio=False
)
