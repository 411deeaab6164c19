"""A start that cannot succeed ends at once, with one line that says why."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mediatheque import app
from mediatheque.config import Config, load
from mediatheque.first_run import print_first_run
from tests import command_line
from tests.server import free_port

AWAY = {"MEDIATHEQUE_DATABASE_URL": "postgresql:///x?host=/does/not/exist"}


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        (AWAY, "database"),
        ({"MEDIATHEQUE_BLOBS_LOCATION": "s3://bucket?typo=1"}, "typo"),
        ({"MEDIATHEQUE_RATE_STORAGE": "memory://"}, "memory://"),
        ({"MEDIATHEQUE_RATE_STORAGE": "bogus://"}, "bogus"),
        ({"MEDIATHEQUE_FETCH_CA_FILE": "/does/not/exist"}, "ca_file"),
        ({"MEDIATHEQUE_HOST": "192.0.2.1"}, "192.0.2.1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_serve_names_the_wrong_setting(environment: dict[str, str], names: str, tmp_path: Path) -> None:
    arguments = ["--data", tmp_path / "data", "--port", str(free_port())]
    expect_refusal(command_line.here("serve", *arguments, env=environment), names)


def test_serve_process_names_the_wrong_setting(tmp_path: Path) -> None:
    arguments = ["--data", tmp_path / "data", "--port", str(free_port())]
    expect_refusal(command_line.process("serve", *arguments, env=AWAY), "database")


def test_serve_names_the_folder_of_a_model_that_is_not_there(database_url: str, tmp_path: Path) -> None:
    arguments = ["--data", tmp_path / "data", "--port", str(free_port())]
    model = f"onnx-clip:{tmp_path / 'away'}"
    environment = {"MEDIATHEQUE_DATABASE_URL": database_url, "MEDIATHEQUE_EMBEDDING_MODEL": model}
    expect_refusal(command_line.here("serve", *arguments, env=environment), f"There is no folder {tmp_path / 'away'}")


def expect_refusal(ended: command_line.Ended, names: str) -> None:
    assert ended.returncode == 1
    said = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert said[0].startswith("mediatheque: ")
    assert names in " ".join(said)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["keys", "create", "--scopes", "fly"], "--scopes"),
        (["keys", "create", "--workspace", "a\tb"], "--workspace"),
        (["keys", "create", "--workspace", ""], "--workspace"),
        (["keys", "create", "--expires-in", "soon"], "--expires-in"),
        (["keys", "create", "--expires-in", "99999999d"], "--expires-in"),
        (["keys", "create", "--name", "a\tb"], "name must be"),
        (["keys", "revoke", "nonsense"], "nonsense"),
        (["workspaces", "delete", "default"], "--yes"),
        (["workspaces", "rename", "default", "a b"], "name"),
        (["workspaces", "suspend", "nobody"], "nobody"),
        (["keys", "list", "--data", ""], "the folder has no name"),
    ],
)
def test_keys_names_the_wrong_argument(arguments: list[str], names: str, tmp_path: Path) -> None:
    arguments = arguments if "--data" in arguments else [*arguments, "--data", str(tmp_path / "data")]
    ended = command_line.here(*arguments)
    assert ended.returncode in (1, 2)
    assert names in ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("umask", "then"), [(0o000, 0o022), (0o077, 0o077), (0o027, 0o027)])
def test_serve_lets_no_other_user_write_its_files(umask: int, then: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        command_line.here("serve", "--data", tmp_path / "data", "--port", str(free_port()), env=AWAY)
        assert os.umask(0) == then
    finally:
        os.umask(before)


def test_a_line_break_in_the_data_folder_is_one_line(tmp_path: Path) -> None:
    ended = command_line.here("keys", "list", "--data", tmp_path / "a\nb")
    assert "holds a line break" in ended.stderr


def test_printed_commands_name_the_picture_whatever_its_path(tmp_path: Path) -> None:
    data = tmp_path / 'it\'s, "q" $HOME'
    data.mkdir()
    commands = [line for line in print_first_run(Config(data=data), "mtq_key").splitlines() if line.startswith("curl")]
    assert len(commands) == 4
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", f'curl() {{ printf "%s\\n" "$@"; cat; }}\n{command}'],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        assert done.stderr == b""
        assert str(data / "hello.png").encode() in done.stdout or b"\x89PNG" in done.stdout


def test_no_variable_of_the_environment_makes_answers_show_local_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Litestar reads LITESTAR_DEBUG and LITESTAR_PDB where its caller leaves the choice to it."""
    options: dict[str, Any] = {}
    monkeypatch.setattr(app, "Litestar", lambda **given: options.update(given))
    app.build(load({"MEDIATHEQUE_DATA": str(tmp_path)}))
    assert (options["debug"], options["pdb_on_exception"]) == (False, False)
