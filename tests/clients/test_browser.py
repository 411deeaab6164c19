"""A page of another origin, in a real browser (Chromium, where there is one): it uploads, reads, and sees errors."""

import base64
import functools
import html
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.server import Serve

PAGE = """
<!doctype html><pre id="said"></pre><script>
const server = %(server)s, key = %(key)s, bearer = {authorization: `Bearer ${key}`};
const bytes = Uint8Array.from(atob(%(picture)s), (c) => c.charCodeAt(0));
async function use() {
  const form = new FormData();
  form.append("file", new Blob([bytes], {type: "image/png"}), "a.png");
  const posted = await fetch(`${server}/assets`, {method: "POST", body: form, headers: bearer});
  const asset = await posted.json();
  const ticket = await (await fetch(`${server}/storage/upload/initiate`, {
    method: "POST", body: JSON.stringify({file_name: "b.png", content_type: "image/png"}),
    headers: {...bearer, "content-type": "application/json"},
  })).json();
  const put = await fetch(ticket.upload_url, {method: "PUT", body: bytes, headers: {"content-type": "image/png"}});
  const part = await fetch(ticket.file_url, {headers: {range: "bytes=0-3"}});
  const refused = await fetch(`${server}/assets`, {headers: {authorization: "Bearer wrong"}});
  const gone = await fetch(`${server}/v3/assets/${"0".repeat(32)}`, {method: "DELETE", headers: {"x-api-key": key}});
  return {
    posted: posted.status, id: posted.headers.get("x-request-id"), url: asset.image_url,
    put: put.status, part: part.status, range: part.headers.get("content-range"), etag: part.headers.get("etag"),
    refused: refused.status, error: await refused.json(), gone: gone.status,
  };
}
use().catch((error) => ({error: String(error)})).then((said) => {
  document.getElementById("said").textContent = JSON.stringify(said);
});
</script>
"""


def page(server: str, key: str, picture: Path) -> str:
    values = {"server": server, "key": key, "picture": base64.b64encode(picture.read_bytes()).decode()}
    return PAGE % {name: json.dumps(value) for name, value in values.items()}


@pytest.fixture
def browse(tmp_path: Path) -> Callable[[str], Any]:
    """What the page says that a browser shows; the page comes from an origin of its own."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium on this machine")

    def show(page: str) -> Any:
        (tmp_path / "page.html").write_text(page)
        with origin(tmp_path) as address:
            command = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/me"]
            command += ["--virtual-time-budget=20000", "--dump-dom", f"{address}/page.html"]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
        found = re.search(r'<pre id="said">(.*?)</pre>', ended.stdout, re.DOTALL)
        assert found, ended.stdout
        return json.loads(html.unescape(found.group(1)))

    return show


@contextmanager
def origin(folder: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def test_a_page_of_another_origin(server: Serve, key: str, picture: Path, browse: Callable[[str], Any]) -> None:
    said = browse(page(server.url, key, picture))
    assert (said["posted"], said["put"], said["part"], said["refused"], said["gone"]) == (200, 200, 206, 401, 404), said
    assert said["id"]
    assert said["etag"]
    assert said["range"].startswith("bytes 0-3/")
    assert said["error"]["error"]


def test_only_pages_of_named_origins(tmp_path: Path, picture: Path, browse: Callable[[str], Any]) -> None:
    env = {"MEDIATHEQUE_CORS_ORIGINS": "https://app.example"}
    with Serve(tmp_path / "data", env=env) as server:
        said = browse(page(server.url, server.key, picture))
    assert said == {"error": "TypeError: Failed to fetch"}
