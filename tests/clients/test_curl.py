"""The lines that the first start prints, run through a shell as they stand."""

import json
import shutil
import subprocess
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.server import Serve

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")


def printed(server: Serve) -> dict[str, str]:
    """Each line by the comment above it."""
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
def test_a_printed_line_works_as_it_is(server: Serve, dialect: str, where: tuple[str, ...]) -> None:
    line = printed(server)[dialect]
    assert line.startswith("curl ")
    assert server.key in line
    found = run(line)
    for step in where:
        found = found[step]
    assert httpx.get(found).content == (server.data / "hello.png").read_bytes()


def test_each_line_works_again(server: Serve) -> None:
    for line in printed(server).values():
        assert "error" not in run(line)
        assert "error" not in run(line)


def test_the_key_is_printed_once_and_nowhere_in_the_log(server: Serve) -> None:
    shown = [line for line in server.out.read_text().splitlines() if line.strip() == server.key]
    assert len(shown) == 1
    assert server.key.rpartition("_")[2] not in server.log()
