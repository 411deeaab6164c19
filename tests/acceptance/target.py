"""The server under test: the one named in the environment, or one started here as an operator would start it."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx

PROGRAM = Path(sys.executable).with_name("mediatheque")
_TIMEOUT_SECONDS = 90.0


class Target(NamedTuple):
    """The URL and the keys of two workspaces; the second key may be missing for a server from the environment."""

    url: str
    key: str
    other_key: str | None


@contextlib.contextmanager
def target() -> Iterator[Target]:
    """Yield the server named in the environment, else a temporary one."""
    url, key = (os.environ.get(f"MEDIATHEQUE_ACCEPTANCE_{name}") for name in ("URL", "KEY"))
    if url and key:
        yield Target(url.rstrip("/"), key, os.environ.get("MEDIATHEQUE_ACCEPTANCE_OTHER_KEY"))
    else:
        with tempfile.TemporaryDirectory(prefix="mediatheque-acceptance-") as folder, _start(Path(folder)) as started:
            yield started


@contextlib.contextmanager
def _start(folder: Path) -> Iterator[Target]:
    data, port = folder / "data", _free_port()
    log = folder / "serve.log"
    with log.open("wb") as out:
        command = [PROGRAM, "serve", "--data", data, "--port", str(port)]
        process = subprocess.Popen(
            command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True, env=_environment()
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process, log)
        yield Target(url, *_new_keys(data, "acceptance", "elsewhere"))
    finally:
        process.terminate()
        process.wait(60)


def _environment() -> dict[str, str]:
    """Return the environment without settings for other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MEDIATHEQUE_")}


def _new_keys(data: Path, *workspaces: str) -> list[str]:
    """Create keys on the command line; concurrently, because each command takes a second to start."""
    processes = [
        subprocess.Popen(
            [PROGRAM, "keys", "create", "--workspace", name, "--scopes", "read,write,admin", "--data", data],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        for name in workspaces
    ]
    responses = [process.communicate(timeout=_TIMEOUT_SECONDS) for process in processes]
    assert all(process.returncode == 0 for process in processes), responses
    return [out.strip() for out, _ in responses]


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-3000:]
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=5).status_code == httpx.codes.OK:
                return
        time.sleep(0.05)
    raise AssertionError(f"not ready: {log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
