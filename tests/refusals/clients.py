"""Common HTTP clients, each sending one large file several times."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.rounds import rounds

TRIES = max(2, rounds(5))
_FETCH = """
const [method, url, key, path, way, tries] = process.argv.slice(1);
const bytes = require("node:fs").readFileSync(path);
const form = new FormData();
form.set("file", new Blob([bytes], { type: "image/png" }), "big.png");
const headers = { "x-api-key": key, ...(way === "form" ? {} : { "content-type": "image/png" }) };
(async () => {
  for (let i = 0; i < Number(tries); i++) {
    try {
      const answer = await fetch(url, { method, headers, body: way === "form" ? form : bytes });
      console.log(JSON.stringify({ status: answer.status, body: await answer.json() }));
    } catch (error) {
      console.log(JSON.stringify({ status: 0, body: error.cause?.code ?? String(error) }));
    }
  }
})();
"""


class ClientResponse(NamedTuple):
    """The response as the client read it. With status 0 it read none, and `body` is the client's error."""

    status: int
    body: Any


class Upload(NamedTuple):
    """What to send, and whether as a form or as a raw body."""

    url: str
    key: str
    file: Path
    as_form: bool
    method: str = "POST"


Client = Callable[[Upload], list[ClientResponse]]


def curl(sending: Upload) -> list[ClientResponse]:
    """curl without `Expect: 100-continue`, so that it sends the body before it reads the response."""
    program = shutil.which("curl") or pytest.skip("needs curl")
    plain = ["--data-binary", f"@{sending.file}", "-H", "Content-Type: image/png"]
    what = ["-F", f"file=@{sending.file}"] if sending.as_form else plain
    command = [program, "-sS", "-X", sending.method, "-w", "\n%{http_code}", "-H", f"x-api-key: {sending.key}"]
    command += ["-H", "Expect:", *what, sending.url]
    return [_parse_output(subprocess.run(command, capture_output=True, text=True, check=False)) for _ in range(TRIES)]


def _parse_output(ended: subprocess.CompletedProcess[str]) -> ClientResponse:
    body, _, status = ended.stdout.rpartition("\n")
    return ClientResponse(int(status), json.loads(body)) if ended.returncode == 0 else ClientResponse(0, ended.stderr)


def httpx_(sending: Upload) -> list[ClientResponse]:
    data = sending.file.read_bytes()
    what: dict[str, Any] = {"files": {"file": ("big.png", data)}} if sending.as_form else {"content": data}
    headers = {"x-api-key": sending.key, **({} if sending.as_form else {"content-type": "image/png"})}
    with httpx.Client(timeout=30, headers=headers) as http:
        parse_responses = [http.request(sending.method, sending.url, **what) for _ in range(TRIES)]
    return [ClientResponse(answer.status_code, answer.json()) for answer in parse_responses]


def node_form(sending: Upload) -> list[ClientResponse]:
    """Node's fetch with a FormData, whatever the endpoint expects."""
    return _node(sending, "form")


def node_buffer(sending: Upload) -> list[ClientResponse]:
    """Node's fetch with a Buffer, whatever the endpoint expects."""
    return _node(sending, "buffer")


def _node(sending: Upload, method: str) -> list[ClientResponse]:
    node = shutil.which("node") or pytest.skip("needs Node")
    arguments = [sending.method, sending.url, sending.key, str(sending.file), method, str(TRIES)]
    ended = subprocess.run([node, "-e", _FETCH, "--", *arguments], capture_output=True, text=True, check=True)
    return [ClientResponse(**json.loads(line)) for line in ended.stdout.splitlines()]


CLIENTS: tuple[Client, ...] = (curl, httpx_, node_form, node_buffer)
