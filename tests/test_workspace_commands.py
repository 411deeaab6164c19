"""`mediatheque workspaces`: each verb, beside a server that runs."""

from pathlib import Path

from mediatheque.model import Scope
from tests import command_line
from tests.server import Serve


def _run(data: Path, *arguments: str) -> list[list[str]]:
    """Run the command, and return the fields of each line that it prints."""
    done = command_line.here("workspaces", *arguments, "--data", data)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def test_workspaces_are_listed_renamed_suspended_resumed_and_deleted(server: Serve) -> None:
    name = "studio-of-commands"
    server.new_key(Scope.READ, workspace=name)
    for arguments, then in (
        (("rename", name, f"{name}-2"), [f"{name}-2", "active"]),
        (("rename", f"{name}-2", name), [name, "active"]),
        (("suspend", name), [name, "suspended"]),
        (("resume", name), [name, "active"]),
        (("delete", name, "--yes"), [name, "deleting"]),
    ):
        (line,) = _run(server.data, *arguments)
        assert line[1::2] == then
        assert line in _run(server.data, "list")
    again = command_line.here("workspaces", "rename", name, "another", "--data", server.data)
    assert (again.returncode, again.stderr) == (1, "mediatheque: The workspace is deleted.\n")
