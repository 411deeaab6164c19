"""A real nginx in front of a server, with the configuration in `deploy/`."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx
import pytest

from tests.server import Serve, free_port

DEPLOY = Path(__file__).parents[1] / "deploy"
ACCEL_REDIRECT = {"MEDIATHEQUE_ACCEL_REDIRECT": "/_blobs/"}
_BLOBS = re.compile(r"        location /_blobs/ \{.*?\n        \}\n", re.DOTALL)
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx:
    """nginx on a free port of this machine, without TLS. `endpoint` is the address of the bucket, if there is one."""

    def __init__(self, program: str, folder: Path, server: Serve, endpoint: str | None = None) -> None:
        self._program = program
        self._folder = folder
        self.server = server
        self._endpoint = endpoint
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def configuration(self) -> str:
        """Return `deploy/nginx.conf` with the addresses and folders of this test."""
        text = (DEPLOY / "nginx.conf").read_text()
        if self._endpoint:
            bucket = (DEPLOY / "nginx-bucket.conf").read_text()
            text = _BLOBS.sub(lambda _: re.sub(r" *proxy_ssl_.*\n", "", bucket), text)
        temporary = "".join(f"{name}_temp_path {self._folder / name}; " for name in _TEMPORARY)
        main = f"daemon off; pid {self._folder / 'pid'}; error_log {self._folder / 'error.log'};"
        for documented, here in {
            "user mediatheque;": f"{'user root;' if os.geteuid() == 0 else ''} {main}",
            "http {": f"http {{ access_log off; {temporary}",
            "127.0.0.1:8000": f"127.0.0.1:{self.server.port}",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port}",
            "/var/cache/nginx/mediatheque": f"{self._folder / 'cache'}",
            "/var/lib/mediatheque/blobs/": f"{self.server.data / 'blobs'}/",
            "https://s3.eu-central-1.amazonaws.com/": f"{self._endpoint}/",
        }.items():
            assert documented in text or "/var/lib" in documented or "s3." in documented, documented
            text = text.replace(documented, here)
        return re.sub(r" *ssl_certificate.*\n", "", text)

    def __enter__(self) -> Self:
        path = self._folder / "nginx.conf"
        path.write_text(self.configuration())
        command = [self._program, "-p", self._folder, "-e", self._folder / "start.log", "-c", path]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self._process.poll() is None, (self._folder / "start.log").read_text()
            try:
                httpx.get(f"{self.url}/healthz")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return self
        raise AssertionError("nginx does not answer")

    def __exit__(self, *_: object) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(60)

    def upload(self, client: httpx.Client, key: str, data: bytes) -> str:
        """Store the picture, and return the path of its file."""
        headers = {"authorization": f"Bearer {key}"}
        answer = client.post("/assets", files={"file": ("holiday in Köln.png", data, "image/png")}, headers=headers)
        assert answer.status_code == 200, answer.text
        return urlsplit(answer.json()["image_url"]).path


def find_nginx() -> str:
    """Return the program; skip the test when there is none."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("needs nginx")
    return found
