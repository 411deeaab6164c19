"""What operators do at the command line is in the audit log, and what a worker does by itself is not."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from mediatheque.model import Scope, current_actor
from tests import command_line, samples
from tests.server import Serve


@pytest.fixture
def entries(server: Serve) -> Any:
    """Return a function that returns the entries since the test began."""
    with psycopg.connect(server.database_url, autocommit=True) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row

        def since() -> list[Any]:
            return connection.execute(
                "SELECT action, actor, target_id, key_id, address FROM audit_log WHERE created_at >= %s ORDER BY 1", row
            ).fetchall()

        yield since


def test_keys_are_created_and_revoked_by_the_command_line(server: Serve, entries: Any) -> None:
    workspace = uuid4().hex
    created = command_line.here("keys", "create", "--workspace", workspace, "--data", server.data)
    assert created.returncode == 0, created.stderr
    id = UUID(created.stdout.split("_")[1])
    assert command_line.here("keys", "revoke", id.hex, "--data", server.data).returncode == 0
    found = entries()
    assert [(row[0], row[1]) for row in found] == [
        ("key.create", "cli"),
        ("key.revoke", "cli"),
        ("workspace.create", "cli"),
    ]
    assert {row[2] for row in found[:2]} == {id}
    assert {(row[3], row[4]) for row in found} == {(None, None)}
    assert current_actor.get() is None


def test_a_quota_is_set_at_the_command_line(server: Serve, entries: Any) -> None:
    name = uuid4().hex
    server.new_key(workspace=name)

    def run(*arguments: str) -> command_line.Ended:
        return command_line.here("workspaces", "quota", name, *arguments, "--data", server.data)

    assert run().stdout == "bytes\t0\tof unlimited\nassets\t0\tof unlimited\n"
    assert run("--max-bytes", "10").stdout == "bytes\t0\tof 10\nassets\t0\tof unlimited\n"
    assert run("--max-assets", "0", "--max-bytes", "none").stdout == "bytes\t0\tof unlimited\nassets\t0\tof 0\n"
    assert [(row[0], row[1]) for row in entries()] == [("workspace.quota", "cli")] * 2
    assert run("--max-assets", "-1").returncode == 2
    assert run("--max-bytes", "many").returncode == 2


def test_failed_tasks_are_retried_by_the_command_line(server: Serve, entries: Any) -> None:
    assert command_line.here("tasks", "retry", "--all", "--data", server.data).returncode == 0
    assert [(row[0], row[1], row[2]) for row in entries()] == [("task.retry", "cli", None)]
    assert command_line.here("tasks", "retry", "471147", "--data", server.data).returncode == 1
    assert len(entries()) == 1


def test_a_worker_at_the_command_line_acts_for_itself(server: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    actors = []
    monkeypatch.setattr("mediatheque.run_worker.run", lambda *_, **__: actors.append(current_actor.get()))
    ended = command_line.here("worker", "--data", server.data)
    assert (ended.returncode, actors) == (0, [None])


def test_verify_that_removes_rows_says_so(tmp_path: Path) -> None:
    """On a server of its own: it removes every row without bytes, and other tests store such rows."""
    with Serve(tmp_path / "data") as server:
        key = server.new_key(Scope.READ, Scope.WRITE)
        created = httpx.post(
            f"{server.url}/assets",
            files={"file": ("a.png", samples.png())},
            headers={"authorization": f"Bearer {key}"},
        ).json()
        (path,) = (
            path for path in (server.data / "blobs").rglob("*") if path.is_file() and path.read_bytes() == samples.png()
        )
        path.unlink()
        command_line.here("verify", "--repair", "--force", "--quick", "--data", server.data)
        with psycopg.connect(server.database_url, autocommit=True) as connection:
            removed = connection.execute(
                "SELECT actor, target_id FROM audit_log WHERE action = 'asset.delete'"
            ).fetchall()
    assert removed == [("cli", UUID(created["id"]))]
