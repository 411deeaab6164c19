"""A page of another origin in Chromium uploads, reads files and reads errors."""

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
  const session = await (await fetch(`${server}/storage/upload/initiate`, {
    method: "POST", body: JSON.stringify({file_name: "b.png", content_type: "image/png"}),
    headers: {...bearer, "content-type": "application/json"},
  })).json();
  const put = await fetch(session.upload_url, {method: "PUT", body: bytes, headers: {"content-type": "image/png"}});
  const part = await fetch(session.file_url, {headers: {range: "bytes=0-3"}});
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
    """Return a function that shows a page from another origin in Chromium and returns the result it displays."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium")

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


def test_page_of_other_origin_uploads_reads_and_sees_errors(
    server: Serve, key: str, picture: Path, browse: Callable[[str], Any]
) -> None:
    result = browse(page(server.url, key, picture))
    assert (result["posted"], result["put"], result["part"], result["refused"], result["gone"]) == (
        200,
        200,
        206,
        401,
        404,
    ), result
    assert result["id"]
    assert result["etag"]
    assert result["range"].startswith("bytes 0-3/")
    assert result["error"]["error"]


def test_page_of_unlisted_origin_cannot_read(tmp_path: Path, picture: Path, browse: Callable[[str], Any]) -> None:
    env = {"MEDIATHEQUE_CORS_ORIGINS": "https://app.example"}
    with Serve(tmp_path / "data", env=env) as server:
        result = browse(page(server.url, server.key, picture))
    assert result == {"error": "TypeError: Failed to fetch"}
