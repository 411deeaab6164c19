"""Clusters for the tests of the supervisor: made once, copied for each test; and processes that own one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mediatheque.records.embedded import EmbeddedConfig
from mediatheque.records.embedded.cluster import Cluster
from mediatheque.records.embedded.processes import PidFile, Process, postgres_on

OWNER = """
import signal, sys, time
from pathlib import Path
from mediatheque.records.embedded import EmbeddedConfig, EmbeddedPostgres
if sys.argv[2] == "orderly":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with EmbeddedPostgres(EmbeddedConfig(data=Path(sys.argv[1]), shared_buffers="16MB")) as url:
    print(url, flush=True)
    time.sleep(100)
"""


def config(data: Path, **changes: object) -> EmbeddedConfig:
    return EmbeddedConfig(data=data, **{"shared_buffers": "16MB", **changes})  # type: ignore[arg-type]


def copy(made: Path, data: Path) -> Path:
    """A copy of the data folder, owners and modes kept."""
    subprocess.run(["cp", "-a", made, data], check=True)
    return data


def owner(data: Path, manner: str = "orderly", prefix: tuple[str, ...] = ()) -> tuple[subprocess.Popen[str], str]:
    """A process that owns the data folder and runs its PostgreSQL; and the URL."""
    process = subprocess.Popen(
        [*prefix, sys.executable, "-c", OWNER, str(data), manner], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    url = next((line.strip() for line in lines if line.startswith("postgresql://")), "")
    if not url:
        end(process, signal.SIGKILL)
        raise AssertionError("the owner did not start")
    return process, url


def end(process: subprocess.Popen[str], number: int) -> int:
    process.send_signal(number)
    code = process.wait(120)
    assert process.stdout is not None
    process.stdout.close()
    return code


def living(data: Path) -> list[Process]:
    return postgres_on(data.resolve() / "postgres")


def eventually(what: Callable[[], object], seconds: float = 60.0) -> float:
    """Seconds until `what` was true."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() - begun < seconds, "it did not happen"
        time.sleep(0.01)
    return time.monotonic() - begun


def is_root() -> bool:
    return os.geteuid() == 0


def start_by_hand(config: EmbeddedConfig) -> subprocess.Popen[bytes]:
    """What an administrator does: a PostgreSQL on the folder, without our name and without us."""
    cluster = Cluster(config)
    program = cluster.binaries / "postgres"
    command = cluster.identity.command(cluster.folder, program, "-D", cluster.folder, "-h", "", "-k", cluster.folder)
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    eventually(lambda: (file := PidFile.read(cluster.folder)) and file.status == "ready")
    return process
