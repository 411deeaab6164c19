"""The vendors' own clients, unmodified, and files for them to send."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import samples
from tests.seaweed import Seaweed
from tests.server import Serve

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def node() -> str:
    """A Node beside which fal's JavaScript client is installed, as `package-lock.json` pins it.

    The first run installs it with `npm ci`; several test processes wait for each other.
    """
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("there is no Node on this machine")
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_installed():
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=HERE, check=True, capture_output=True, timeout=110)
    return program


def _is_installed() -> bool:
    """npm leaves a copy of the lock behind, newer than the lock, when it has finished."""
    done = HERE / "node_modules" / ".package-lock.json"
    return done.exists() and done.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "holiday in Köln.png"
    path.write_bytes(samples.png(320, 240))
    return path


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    path.write_bytes(samples.mp4())
    return path


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """101 MiB, of which no two parts are equal: above what either client sends in one piece."""
    path = tmp_path_factory.mktemp("large") / "large.bin"
    path.write_bytes(os.urandom(101 * 1024 * 1024))
    return path


@pytest.fixture(scope="session")
def over_a_bucket(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A running server whose bytes are in an S3 bucket."""
    with Serve(
        tmp_path_factory.mktemp("bucket") / "data", env={"MEDIATHEQUE_BLOBS_LOCATION": seaweed.url()}
    ) as running:
        yield running


@pytest.fixture(params=["disk", "bucket"])
def shop(request: pytest.FixtureRequest) -> Serve:
    """A server over each store."""
    name = {"disk": "server", "bucket": "over_a_bucket"}[request.param]
    running: Serve = request.getfixturevalue(name)
    return running
