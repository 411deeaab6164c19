"""Fixtures for tests with the vendors' own, unmodified clients."""

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
    """Return the Node program, with fal's JavaScript client installed as `package-lock.json` pins it.

    The first run installs it with `npm ci`, under a lock between test processes.
    """
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("needs Node and npm")
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_installed():
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=HERE, check=True, capture_output=True, timeout=110)
    return program


def _is_installed() -> bool:
    """When npm has finished, it leaves a copy of the lock file that is newer than the lock file."""
    done = HERE / "node_modules" / ".package-lock.json"
    return done.exists() and done.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "holiday in Köln.png"
    path.write_bytes(samples.png(320, 240))
    return path


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    path.write_bytes(samples.mp4())
    return path


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """101 MiB without two equal parts: more than either client sends in one request."""
    path = tmp_path_factory.mktemp("large") / "large.bin"
    path.write_bytes(os.urandom(101 * 1024 * 1024))
    return path


@pytest.fixture(scope="session")
def bucket_server(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A server that stores its blobs in an S3 bucket."""
    with Serve(
        tmp_path_factory.mktemp("bucket") / "data", env={"MEDIATHEQUE_BLOBS_LOCATION": seaweed.url()}
    ) as running:
        yield running


@pytest.fixture(params=["disk", "bucket"])
def store_server(request: pytest.FixtureRequest) -> Serve:
    """A server with each kind of blob store."""
    name = {"disk": "server", "bucket": "bucket_server"}[request.param]
    running: Serve = request.getfixturevalue(name)
    return running
