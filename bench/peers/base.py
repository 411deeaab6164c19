"""What every server under test offers the measurements."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

from bench.client import Answer, Connection, Endpoint
from bench.payloads import Payload, Photos
from bench.processes import Server


class Stored(NamedTuple):
    """Where an uploaded file is read again, and the JSON about it (None: there is none)."""

    file: str
    json: str | None
    headers: dict[str, str] = {}


class Peer(ABC):
    """A server in its own folder. Leaving `with` kills it and everything it started."""

    name: str
    full_featured = True  # keeps records, users and rights, not just bytes
    environment: Mapping[str, str] = {}  # beside our own
    port: int
    server: Server
    _published: Stored | None = None

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
        """Starts `command` and waits until GET `ready` on `self.port` answers."""
        words = [str(word) for word in command]
        self.server = Server(words, self.folder / "server.log", self.folder, self.environment)
        self.server.wait_until_ready(self.port, ready)

    def upload(self, payload: Payload) -> tuple[Endpoint, Answer]:
        """One upload on a connection of its own."""
        endpoint = self.endpoint(payload.name, payload.mime)
        with Connection(self.port) as connection:
            return endpoint, connection.upload(endpoint, payload.parts)

    def published(self, photos: Photos) -> Stored:
        """One small file, uploaded at the first call and read again and again."""
        if self._published is None:
            self._published = self.publish(photos.fresh()[0])
        return self._published

    def publish(self, payload: Payload) -> Stored:
        """Uploads a file that is to be read again."""
        return self.stored(*self.upload(payload))

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """What would have to be installed first."""

    @classmethod
    @abstractmethod
    def version(cls) -> str: ...

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def endpoint(self, name: str, mime: str) -> Endpoint:
        """The server's natural way in for one file."""

    @abstractmethod
    def stored(self, endpoint: Endpoint, answer: Answer) -> Stored: ...
