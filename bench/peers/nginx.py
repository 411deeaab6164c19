"""nginx with its DAV module, the upper bound: it writes the body to a temporary file and renames that."""

import os
import shutil
import subprocess
from pathlib import Path

from bench.client import Endpoint, Response, put
from bench.peers.base import Peer, StoredFile
from bench.processes import free_ports

_CONFIG = """
{user}
worker_processes auto;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  include /etc/nginx/mime.types;
  access_log off;
  sendfile on;
  tcp_nopush on;
  client_max_body_size 0;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/files;
    location / {{ dav_methods PUT; }}
    location = /ready {{ return 200; }}
  }}
}}
"""


def _binary() -> str | None:
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def nginx_command(folder: Path, config: Path) -> list[str | Path]:
    """Return the command that runs nginx with its files in the folder."""
    return [str(_binary()), "-p", folder, "-e", folder / "start.log", "-c", config]


class Nginx(Peer):
    name = "nginx DAV"
    has_records = False

    @classmethod
    def missing_program(cls) -> str | None:
        return None if _binary() else "nginx (apt-get install nginx)"

    @classmethod
    def version(cls) -> str:
        done = subprocess.run([str(_binary()), "-v"], capture_output=True, text=True, check=True)
        return done.stderr.strip().rpartition("/")[2]

    def start(self) -> None:
        (self.port,) = free_ports(1)
        (self.folder / "files").mkdir()
        user = "user root;" if os.geteuid() == 0 else ""
        config = self.folder / "nginx.conf"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.port, user=user))
        self.launch(nginx_command(self.folder, config), "/ready")

    def endpoint(self, name: str, mime: str) -> Endpoint:
        return put(f"/{name}", mime)

    def stored(self, endpoint: Endpoint, answer: Response) -> StoredFile:
        return StoredFile(endpoint.path, None)
