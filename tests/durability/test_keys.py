"""API keys created, listed and revoked on the command line, with and without a server."""

import re
from collections.abc import Callable
from pathlib import Path

import httpx

from tests import command_line
from tests.durability.conftest import Start
from tests.durability.helpers import endpoints, processes
from tests.durability.helpers.processes import eventually
from tests.server import Serve

MAX_REVOCATION_SECONDS = 5


def test_keys_are_managed_with_and_without_running_server(
    tmp_path: Path, own_server: Start, connect: Callable[[Serve], httpx.Client]
) -> None:
    data = tmp_path / "data"
    first = key_of(command_line.process("keys", "create", "--data", data))
    assert not processes.server_processes(data), "PostgreSQL must run only during the command"
    server = own_server(data)
    http = connect(server)
    assert "mtq_" not in server.out.read_text(), "no key is printed when one exists"
    assert is_accepted(http, first)
    named = ("--name", "a robot", "--expires-in", "90d")
    beside = key_of(keys(data, "create", "--workspace", "other", "--scope", "read", *named))
    lines = keys(data, "list").stdout
    assert fields(lines, first)[4].startswith("used 20")
    assert fields(lines, beside)[1:3] == ["other", "read"]
    used, state, name = fields(lines, beside)[4:]
    assert (used, state[:13], name) == ("used never", "live until 20", "a robot")
    assert not any(key.rpartition("_")[2] in lines for key in (first, beside))
    assert http.post("/v1/asset", headers={"x-api-key": beside}, content=endpoints.new_jpeg()).status_code == 403
    done = keys(data, "revoke", first)
    assert (done.returncode, done.stdout) == (0, "")
    assert eventually(lambda: is_refused_everywhere(http, first)) < MAX_REVOCATION_SECONDS
    assert fields(keys(data, "list").stdout, first)[5] == "revoked"
    again = command_line.process("keys", "revoke", f"mediatheque:{first}", "--data", data)
    assert again.returncode == 1
    assert len(again.stderr.splitlines()) == 1
    assert http.get("/assets/0", headers={"authorization": f"Bearer {beside}"}).status_code == 404


def key_of(done: command_line.Ended) -> str:
    """Return the key that `keys create` printed, which is its whole output; how clients want it is beside it."""
    assert done.returncode == 0, done.stderr
    for form in ("FAL_KEY=mediatheque:{}", "KREA_API_TOKEN=mediatheque:{}", "HEYGEN_API_KEY={}"):
        assert form.format(done.stdout) in done.stderr
    assert re.fullmatch(r"mtq_[0-9a-f]{32}_[\w-]{43}\n", done.stdout), done.stdout
    return done.stdout.strip()


def fields(lines: str, key: str) -> list[str]:
    """Return the key's line of `keys list`: id, workspace, scopes, created, used, state, name."""
    id = key.removeprefix("mtq_").partition("_")[0]
    (line,) = [line for line in lines.splitlines() if line.startswith(id)]
    return line.split("\t")


def keys(data: Path, *arguments: str) -> command_line.Ended:
    return command_line.here("keys", *arguments, "--data", data)


def is_accepted(http: httpx.Client, key: str) -> bool:
    return endpoints.post_v3(http, key, endpoints.new_jpeg(), "k" + key[-8:]).is_success


def is_refused_everywhere(http: httpx.Client, key: str) -> bool:
    """Whether every endpoint refuses the key."""
    bearer = {"authorization": f"Bearer {key}"}
    responses = [
        http.post("/assets", files={"file": b"x"}, headers=bearer),
        http.post("/v1/asset", content=b"x", headers={"x-api-key": key}),
        http.post("/v3/assets", files={"file": b"x"}, headers={"x-api-key": key}),
        http.post("/files/upload", content=b"x", headers={"authorization": f"Key {key}"}),
        http.post("/v1/assets/uploads", json={"url": "x", "type": "image"}, headers=bearer),
    ]
    return all(response.status_code == 401 for response in responses)
