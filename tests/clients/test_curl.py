"""The curl commands that the first start prints, run in a shell unchanged."""

import json
import shutil
import subprocess
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.server import Serve

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


def printed_commands(server: Serve) -> dict[str, str]:
    """Return each command by the comment above it."""
    lines = server.out.read_text().splitlines()
    found = {name.removeprefix("# "): line for name, line in pairwise(lines) if name.startswith("# ")}
    assert list(found) == ["Krea", "fal", "HeyGen v1", "HeyGen v3"]
    return found


def run(line: str) -> Any:
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("dialect", "where"),
    [
        ("Krea", ("image_url",)),
        ("fal", ("asset", "url")),
        ("HeyGen v1", ("data", "url")),
        ("HeyGen v3", ("data", "url")),
    ],
)
def test_printed_command_uploads_hello_png(server: Serve, dialect: str, where: tuple[str, ...]) -> None:
    line = printed_commands(server)[dialect]
    assert line.startswith("curl ")
    assert server.key in line
    found = run(line)
    for step in where:
        found = found[step]
    assert httpx.get(found).content == (server.data / "hello.png").read_bytes()


def test_printed_commands_work_repeatedly(server: Serve) -> None:
    for line in printed_commands(server).values():
        assert "error" not in run(line)
        assert "error" not in run(line)


def test_key_is_printed_once_and_never_logged(server: Serve) -> None:
    shown = [line for line in server.out.read_text().splitlines() if line.strip() == server.key]
    assert len(shown) == 1
    assert server.key.rpartition("_")[2] not in server.log()
