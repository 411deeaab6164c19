"""The type of a measurement, and the load that all of them use."""

from collections.abc import Callable
from typing import NamedTuple

from bench.payloads import Photos, WavFiles
from bench.peers import Peer

Once = Callable[[Peer, "Load"], float | None]


class Extent(NamedTuple):
    """How much is measured. `fresh_rounds` are those that need a new server each; `seconds` are those of wrk."""

    rounds: int
    fresh_rounds: int
    seconds: int
    photos: int
    real_photos: int  # uploaded until all of them are embedded
    queue: int  # assets that wait for the worker when a window beside it begins
    searches: int  # in such a window
    starts: int
    workspaces: int


EXTENTS = {
    "quick": Extent(2, 1, 1, photos=128, real_photos=40, queue=100, searches=20, starts=2, workspaces=20),
    "usual": Extent(3, 1, 2, photos=300, real_photos=500, queue=400, searches=150, starts=5, workspaces=1_000),
    "long": Extent(7, 3, 5, photos=500, real_photos=1_000, queue=800, searches=300, starts=9, workspaces=1_000),
}


class Load:
    """The files and the number of rounds. All files are made before the first server starts."""

    def __init__(self, extent: Extent) -> None:
        self.extent = extent
        self.recording = WavFiles()
        self.photos = Photos(extent.photos, 200_000)
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
    program: str = ""  # that must be installed
