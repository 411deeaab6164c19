"""The commands of docs/guides/keep.md do what the page says, as written, against a fal that is played."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from mediatheque.model import Scope
from tests import samples
from tests.durability.helpers.processes import eventually
from tests.providers.certificate import make_certificate
from tests.providers.vendors import KEY, Vendors
from tests.server import Serve

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "keep.md").read_text()


class Setup(NamedTuple):
    """A server with a worker, a fal that speaks TLS, and the environment of who follows the guide."""

    server: Serve
    fal: Vendors
    env: dict[str, str]


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setup]:
    folder = tmp_path_factory.mktemp("guide")
    certificate, tls = make_certificate(folder)
    with Vendors(tls) as fal:
        settings = {**fal.settings, "FETCH_CA_FILE": str(certificate), "RUN_WORKER": "true"}
        env = {f"MEDIATHEQUE_{name}": value for name, value in settings.items()}
        with Serve(folder / "data", env=env) as server:
            yield Setup(
                server,
                fal,
                {
                    **os.environ,
                    "FAL_KEY": KEY,
                    "FAL_QUEUE_RUN_HOST": fal.host,  # where fal_client finds the queue; the scheme is always https
                    "SSL_CERT_FILE": str(certificate),
                    "LIBRARY_URL": server.url,
                    "MEDIATHEQUE_KEY": server.new_key(Scope.READ, Scope.WRITE),
                },
            )


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_ten_lines_keep_what_fal_makes(setup: Setup) -> None:
    [program] = blocks("python")
    setup.fal.finish_at_once = True
    assert len([line for line in program.splitlines() if line]) == 10
    done = subprocess.run(
        [sys.executable, "-c", program], env=setup.env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr + setup.server.log()
    [url] = done.stdout.split()
    assert httpx.get(url).content == samples.png()


def test_request_is_kept_by_its_id(setup: Setup) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("needs curl")
    setup.fal.media["later.png"] = samples.png(seed=5)
    id = setup.fal.fal_request(status="COMPLETED", result=setup.fal.fal_result("later.png"))
    command = blocks("sh")[-1].replace("<request id>", id)
    subprocess.run(["bash", "-ec", command.replace("curl ", "curl -sf ", 1)], env=setup.env, check=True, timeout=60)
    headers = {"X-API-Key": setup.env["MEDIATHEQUE_KEY"]}

    def is_kept() -> bool:
        [keep] = httpx.get(
            f"{setup.server.url}/api/keep", params={"request_id": id, "state": "done"}, headers=headers
        ).json()["items"] or [None]
        return keep is not None

    eventually(is_kept, 60)
    assert KEY not in setup.server.log()
