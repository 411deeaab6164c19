"""Kills between every two steps of a keep: what was acknowledged becomes an asset, once, or a dead letter that tells.

Each step is a child process, killed with SIGKILL, and what another worker does afterwards. `make crash` takes every
step, `make test` some.
"""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from mediatheque.http.fetch.config import FetchConfig
from mediatheque.library import Library
from mediatheque.library.keep.config import KeepConfig
from mediatheque.model.keep import KeepState, Labels, OutputState
from mediatheque.providers.config import ProvidersConfig
from tests import samples
from tests.crashes import forked_steps
from tests.library.conftest import default_model, sandbox, workspace
from tests.library.keep.attempts import Attempts, principal_of
from tests.library.keep.conftest import KEEP, attempts, library, vendors
from tests.providers.vendors import KEY, Vendors

__all__ = ["attempts", "default_model", "library", "sandbox", "vendors", "workspace"]

EVERY = 1 if os.environ.get("MEDIATHEQUE_TEST_KILLS") else 7
MAX_STEPS = 400


class Killer:
    """The program that kills its children, and what it needs to know about this test."""

    def __init__(self, process: "subprocess.Popen[str]", attempts: Attempts, url: str, blobs: Path) -> None:
        self.process, self.attempts, self.url, self.blobs = process, attempts, url, blobs

    def run(self, work: str, step: int | None, argument: Any) -> dict[str, Any]:
        fetch = FetchConfig(hosts=(self.attempts.vendors.host,), networks=("127.0.0.0/8",))
        order = {
            "work": work,
            "step": step,
            "url": self.url,
            "blobs": str(self.blobs),
            "workspace": self.attempts.workspace,
            "keep": KEEP,
            "fetch": fetch,
            "providers": providers_at(self.attempts.vendors),
            "argument": argument,
        }
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(msgspec.json.encode(order).decode() + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def steps(self) -> Iterator[int]:
        """Yield steps until the caller stops, since the work ends before one."""
        yield from range(0, MAX_STEPS, EVERY)
        raise AssertionError("the work has no end")


def providers_at(vendors: Vendors) -> ProvidersConfig:
    return ProvidersConfig(
        fal_url=vendors.url,
        fal_jwks_url=f"{vendors.url}/jwks.json",
        krea_url=f"{vendors.url}/krea",
        heygen_url=f"{vendors.url}/heygen",
        replicate_url=f"{vendors.url}/replicate",
    )


@pytest.fixture
def killer(attempts: Attempts, database_url: str, tmp_path: Path) -> Iterator[Killer]:
    with subprocess.Popen(
        [sys.executable, "-m", forked_steps.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        yield Killer(process, attempts, database_url, tmp_path / "blobs")
        assert process.stdin
        process.stdin.close()


async def finish(attempts: Attempts, keep_id: UUID) -> None:
    """Let another worker go on until the keep has ended, and check what came of it."""
    keep = await attempts.library.keep.keeps.get(attempts.workspace, keep_id)
    for _ in range(10):
        if keep.has_ended:
            break
        jobs = [job for job in await attempts.jobs() if job["args"]["keep_id"] == str(keep_id)]
        assert jobs, "a keep that has not ended has a task"
        keep = await attempts.advance(keep)
    assert keep.state is KeepState.DONE, keep
    assert all(output.state is OutputState.KEPT for output in keep.outputs)
    assert keep.sealed_key is None
    assert len({asset.id for asset in await attempts.assets(keep)}) == len(keep.outputs)


def result(vendors: Vendors, number: int) -> dict[str, Any]:
    """A result with two files that no other result has."""
    for name in ("first", "second"):
        vendors.media[f"{name}-{number}.png"] = samples.png(seed=hash((name, number)) % 10**6)
    return vendors.fal_result(f"first-{number}.png", f"second-{number}.png")


@pytest.mark.sampled
@pytest.mark.timeout(1200)
async def test_kills_between_the_steps_of_an_attempt(killer: Killer, attempts: Attempts, vendors: Vendors) -> None:
    """The attempt that asks the provider, and the one that saves the outputs."""
    before = 0
    for attempt in ("poll", "save"):
        for step in killer.steps():
            id = vendors.fal_request("fal-ai/flux/dev", status="COMPLETED", result=result(vendors, before))
            keep = await attempts.accept(request_id=id)
            if attempt == "save":
                await attempts.advance(keep)
            ended = killer.run("advance", step, str(keep.id))
            await finish(attempts, keep.id)
            before += 1
            assert await attempts.count() == before * 2, f"{attempt}, step {step}"
            if not ended["killed"]:
                break
    assert_blobs_are_complete(killer)


@pytest.mark.sampled
@pytest.mark.timeout(600)
async def test_kills_between_the_steps_of_accepting(killer: Killer, attempts: Attempts, vendors: Vendors) -> None:
    """A kill before the answer leaves all of the keep or nothing; the client asks again, as it was not answered."""
    for number, step in enumerate(killer.steps()):
        id = vendors.fal_request("fal-ai/flux/dev", status="COMPLETED", result=result(vendors, number))
        order = {"provider": "fal", "request_id": id, "endpoint": "fal-ai/flux/dev", "key": KEY}
        ended = killer.run("accept", step, order)
        found = await attempts.query("SELECT id FROM keep WHERE request_id = %s", id)
        assert len(found) <= 1
        if not ended["killed"]:
            assert ended["acknowledged"] == str(found[0]["id"])
        keep_id = found[0]["id"] if found else (await attempts.accept(**order)).id
        await finish(attempts, keep_id)
        if not ended["killed"]:
            return


@pytest.mark.sampled
@pytest.mark.timeout(600)
async def test_kills_between_the_steps_of_a_webhook(killer: Killer, attempts: Attempts, vendors: Vendors) -> None:
    """Without an acknowledgement the provider sends it again."""
    created = await attempts.library.keep.hooks.create(principal_of(attempts.workspace), "fal", Labels())
    for number, step in enumerate(killer.steps()):
        event = {"request_id": f"r-{number}", "status": "OK", "payload": result(vendors, number)}
        body = json.dumps(event).encode()
        headers = {name.lower(): value for name, value in vendors.fal_headers(f"r-{number}", body).items()}
        delivery = {
            "provider": "fal",
            "token": created.token,
            "headers": headers,
            "body": b64encode(body).decode(),
        }
        ended = killer.run("receive", step, delivery)
        acknowledged = ended["acknowledged"] or killer.run("receive", None, delivery)["acknowledged"]
        assert len(await attempts.query("SELECT id FROM keep WHERE request_id = %s", f"r-{number}")) == 1
        await finish(attempts, UUID(acknowledged))
        assert await attempts.count() == (number + 1) * 2
        if not ended["killed"]:
            return


def assert_blobs_are_complete(killer: Killer) -> None:
    """Every blob has its bytes; what was written beside them has a pending write, by which it will be deleted."""
    with psycopg.connect(killer.url) as connection:
        named = dict(connection.execute("SELECT storage_key, size FROM blob").fetchall())
        pending = {key for (key,) in connection.execute("SELECT storage_key FROM pending_write")}
    files = {path.name: path.stat().st_size for path in killer.blobs.rglob("*") if path.is_file()}
    stored = {name: size for name, size in files.items() if name in named or name in pending}
    assert {key: stored.get(key) for key in named} == named


async def test_library_of_the_program_is_that_of_the_test(killer: Killer, attempts: Attempts, library: Library) -> None:
    """Nothing is killed: the program does what it is told."""
    assert isinstance(KEEP, KeepConfig)
    order = {"provider": "fal", "request_id": "r", "response": {"image": attempts.vendors.media_url("a.png")}}
    accepted = killer.run("accept", None, order)
    assert not accepted["killed"]
    assert killer.run("advance", None, accepted["acknowledged"]) == {
        "acknowledged": accepted["acknowledged"],
        "killed": False,
    }
    keep = await library.keep.keeps.get(attempts.workspace, UUID(accepted["acknowledged"]))
    assert keep.state is KeepState.DONE
