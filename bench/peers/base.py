"""The interface of a server under test."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple, Self

from bench.client import Connection, Endpoint, Response
from bench.payloads import Payload, Photos
from bench.processes import Server


class StoredFile(NamedTuple):
    """The path of an uploaded file, and of its metadata as JSON (None if there is none)."""

    path: str
    json: str | None
    headers: dict[str, str] = {}


class Peer(ABC):
    """A server with its own folder. Leaving `with` stops it and its child processes."""

    name: str
    has_records = True  # has records, users and permissions, not just bytes
    measured_in: Collection[str] | None = None  # letters of measurements; None: all
    is_ours = False
    variant = ""  # of Mediatheque: what is different, for a row of its own
    environment: Mapping[str, str] = {}  # added to this process's
    port: int
    server: Server
    _published: StoredFile | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "server"):
            self.server.stop()

    def launch(self, command: list[str | Path], ready: str) -> None:
        """Start `command` and wait until GET `ready` on `self.port` answers."""
        words = [str(word) for word in command]
        self.server = Server(words, self.folder / "server.log", self.folder, self.environment)
        self.server.wait_until_ready(self.port, ready)

    def upload(self, payload: Payload) -> tuple[Endpoint, Response]:
        """Upload one file on a new connection."""
        endpoint = self.endpoint(payload.name, payload.mime)
        with Connection(self.port) as connection:
            return endpoint, connection.upload(endpoint, payload.parts)

    def read_file(self, photos: Photos) -> StoredFile:
        """Return one small file, uploaded by the first call."""
        if self._published is None:
            self._published = self.upload_for_reading(photos.next_batch()[0])
        return self._published

    def upload_for_reading(self, payload: Payload) -> StoredFile:
        """Upload a file that is read afterwards."""
        return self.stored(*self.upload(payload))

    def rest(self) -> None:  # noqa: B027 - most servers do nothing in the background
        """Wait until the server does nothing in the background that would disturb what is measured next."""

    @classmethod
    def takes_part_in(cls, letter: str) -> bool:
        """Return whether this server is measured in the measurement of that letter."""
        return cls.measured_in is None or letter in cls.measured_in

    @classmethod
    @abstractmethod
    def missing_program(cls) -> str | None:
        """Return what must be installed first, if anything."""

    @classmethod
    @abstractmethod
    def version(cls) -> str: ...

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def endpoint(self, name: str, mime: str) -> Endpoint:
        """Return the request that clients of this server usually upload one file with."""

    @abstractmethod
    def stored(self, endpoint: Endpoint, answer: Response) -> StoredFile: ...
