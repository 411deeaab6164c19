"""The clients people use, each sending one large file several times, and what each of them read."""

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


class Read(NamedTuple):
    """What a client made of the answer. Status 0: nothing, and `body` says why."""

    status: int
    body: Any


class Sending(NamedTuple):
    """What is to be sent, and how: as a form, or as it is."""

    url: str
    key: str
    file: Path
    as_form: bool
    method: str = "POST"


Client = Callable[[Sending], list[Read]]


def curl(sending: Sending) -> list[Read]:
    """Without `Expect`, which would spare it the whole difficulty."""
    program = shutil.which("curl") or pytest.skip("there is no curl")
    plain = ["--data-binary", f"@{sending.file}", "-H", "Content-Type: image/png"]
    what = ["-F", f"file=@{sending.file}"] if sending.as_form else plain
    command = [program, "-sS", "-X", sending.method, "-w", "\n%{http_code}", "-H", f"x-api-key: {sending.key}"]
    command += ["-H", "Expect:", *what, sending.url]
    return [_said(subprocess.run(command, capture_output=True, text=True, check=False)) for _ in range(TRIES)]


def _said(ended: subprocess.CompletedProcess[str]) -> Read:
    body, _, status = ended.stdout.rpartition("\n")
    return Read(int(status), json.loads(body)) if ended.returncode == 0 else Read(0, ended.stderr)


def httpx_(sending: Sending) -> list[Read]:
    data = sending.file.read_bytes()
    what: dict[str, Any] = {"files": {"file": ("big.png", data)}} if sending.as_form else {"content": data}
    headers = {"x-api-key": sending.key, **({} if sending.as_form else {"content-type": "image/png"})}
    with httpx.Client(timeout=30, headers=headers) as http:
        answers = [http.request(sending.method, sending.url, **what) for _ in range(TRIES)]
    return [Read(answer.status_code, answer.json()) for answer in answers]


def node_form(sending: Sending) -> list[Read]:
    """A FormData, whatever the door asks for."""
    return _node(sending, "form")


def node_buffer(sending: Sending) -> list[Read]:
    """A Buffer, whatever the door asks for."""
    return _node(sending, "buffer")


def _node(sending: Sending, method: str) -> list[Read]:
    node = shutil.which("node") or pytest.skip("there is no node")
    arguments = [sending.method, sending.url, sending.key, str(sending.file), method, str(TRIES)]
    ended = subprocess.run([node, "-e", _FETCH, "--", *arguments], capture_output=True, text=True, check=True)
    return [Read(**json.loads(line)) for line in ended.stdout.splitlines()]


CLIENTS: tuple[Client, ...] = (curl, httpx_, node_form, node_buffer)
