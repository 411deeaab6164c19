"""Mediatheque behind nginx, as deploy/nginx.conf has it: Mediatheque checks access, nginx sends the bytes."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from bench.peers.mediatheque import Mediatheque
from bench.peers.nginx import Nginx, nginx_command
from bench.processes import Server, free_ports

_OWN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
"""
_INSIDE_HTTP = """
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
"""


class BehindNginx(Mediatheque):
    name = "Mediatheque behind nginx"
    variant = "behind nginx (`X-Accel-Redirect`)"
    environment = {"MEDIATHEQUE_ACCEL_REDIRECT": "/_blobs/"}
    measured_in = ("c",)
    _front: Server

    @classmethod
    def missing_program(cls) -> str | None:
        if not cls._configuration().exists():
            return f"{cls._configuration()}, which this commit has not"
        return super().missing_program() or Nginx.missing_program()

    @classmethod
    def _configuration(cls) -> Path:
        return cls.checkout / "deploy" / "nginx.conf"

    def start(self) -> None:
        super().start()
        (port,) = free_ports(1)
        front = self.folder / "nginx"
        front.mkdir()
        config = front / "nginx.conf"
        config.write_text(self._adapted(front, port))
        self._front = Server([str(w) for w in nginx_command(front, config)], front / "nginx.log", front, {})
        self._front.wait_until_ready(port, "/readyz")
        self.port = port

    def __exit__(self, *details: object) -> None:
        if hasattr(self, "_front"):
            self._front.stop()
        super().__exit__(*details)

    def _adapted(self, front: Path, port: int) -> str:
        """Return the file of deploy/ with the ports and folders of this run, without TLS."""
        text = self._configuration().read_text()
        replaced: Sequence[tuple[str, str]] = [
            (r"^user .*$", ("user root;" if os.geteuid() == 0 else "") + _OWN.format(folder=front)),
            (r"http \{", "http {" + _INSIDE_HTTP.format(folder=front)),
            (r"listen 443 ssl;", f"listen 127.0.0.1:{port};"),
            (r"^ *ssl_.*\n", ""),
            (r"127\.0\.0\.1:8000", f"127.0.0.1:{self.application_port}"),
            (r"/var/lib/mediatheque/", f"{self.folder}/data/"),
            (r"/var/cache/nginx/mediatheque", f"{front}/cache"),
        ]
        for pattern, by in replaced:
            text, count = re.subn(pattern, by, text, flags=re.MULTILINE)
            if not count:
                raise RuntimeError(f"{self._configuration()} has no {pattern}")
        return text
