"""The commands of docs/guides/find-by-metadata.md print what the page says, as written."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mediatheque.model import Scope
from tests import samples
from tests.server import Serve

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "find-by-metadata.md").read_text()
COMMANDS = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


def test_commands_print_what_the_page_says(server: Serve, tmp_path: Path) -> None:
    if not all(shutil.which(tool) for tool in ("curl", "jq")):
        pytest.skip("needs curl and jq")
    for seed, name in enumerate(("one", "two", "three")):
        (tmp_path / f"{name}.png").write_bytes(samples.png(seed=seed))
    env = {**os.environ, "LIBRARY_URL": server.url, "MEDIATHEQUE_KEY": server.new_key(Scope.READ, Scope.WRITE)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", COMMANDS],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = re.findall(r"^# (.*)$", COMMANDS, re.MULTILINE)
    assert len(said) > 10
    assert done.stdout.splitlines() == said
