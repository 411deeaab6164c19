"""A second server on the same data folder or port."""

import subprocess

import httpx
import pytest

from tests.durability.helpers import endpoints
from tests.server import PROGRAM, Serve, free_port


@pytest.mark.parametrize("database", ["embedded", "external"])
def test_second_server_on_same_folder_fails_with_one_line(
    server: Serve, key: str, client: httpx.Client, database: str
) -> None:
    external = {"MEDIATHEQUE_DATABASE_URL": server.database_url} if database == "external" else {}
    second = serve(server, free_port(), external)
    assert second.returncode == 1
    assert second.stdout == ""
    (line,) = second.stderr.splitlines()
    assert line.startswith("mediatheque: ")
    assert str(server.data) in line
    assert "in use by process" in line
    endpoints.check(client, key, endpoints.krea(client, key, endpoints.new_jpeg()))


def test_second_server_on_same_port_fails_with_one_line(server: Serve, key: str, client: httpx.Client) -> None:
    second = serve(server, server.port, {})
    assert second.returncode == 1
    assert second.stderr == f"mediatheque: cannot listen on 127.0.0.1:{server.port}: Address already in use\n"
    endpoints.check(client, key, endpoints.krea(client, key, endpoints.new_jpeg()))


def serve(server: Serve, port: int, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [PROGRAM, "serve", "--data", server.data, "--port", str(port)]
    return subprocess.run(command, env={**server.env, **env}, capture_output=True, text=True, timeout=120, check=False)
