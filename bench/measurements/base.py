"""The type of a measurement, and the load that all of them use."""

from collections.abc import Callable
from typing import NamedTuple

from bench.payloads import Photos, WavFiles
from bench.peers import Peer

Once = Callable[[Peer, "Load"], float | None]


class Load:
    """The files and the number of rounds. All files are made before the first server starts."""

    def __init__(self, *, quick: bool) -> None:
        self.rounds = 3 if quick else 5
        self.fresh_rounds = 1 if quick else 3
        self.seconds = 1 if quick else 5
        self.recording = WavFiles()
        self.photos = Photos(100 if quick else 500, 200_000)
        self.small = Photos(1, 10_000)


class Measurement(NamedTuple):
    """One row. `once` measures one server once, in `unit`. It returns None when the server lacks the feature."""

    key: str
    title: str
    unit: str
    once: Once
    more_is_better: bool = True
    new_server: bool = False  # each round starts a new server
    has_ratio: bool = True  # a ratio is meaningful
