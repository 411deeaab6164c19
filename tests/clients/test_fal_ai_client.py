"""npm's `@fal-ai/client`, as published; only its options `requestMiddleware` or `proxyUrl` point to this server."""

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.clients.registration import check_and_register, count_multipart_completions, read_lifecycle, serves_file
from tests.dialects.idempotency import until
from tests.server import Serve

SCRIPT = Path(__file__).with_name("fal_upload.mjs")
HIDDEN_ACL = {"default": "hide", "rules": [{"user": "somebody", "decision": "allow"}]}


def run(node: str, server: Serve, key: str, files: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    job = {"base": server.url, "key": key, "files": files, **more}
    done = subprocess.run(
        [node, str(SCRIPT)], input=json.dumps(job), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    response: dict[str, Any] = json.loads(done.stdout)
    return response


@pytest.mark.parametrize("proxy", [False, True], ids=["directly", "through the proxy"])
def test_files_and_unnamed_blobs_are_uploaded(
    node: str, store_server: Serve, picture: Path, video: Path, proxy: bool
) -> None:
    key = store_server.new_key()
    files = [
        {"path": str(picture), "name": picture.name, "type": "image/png"},
        {"path": str(video), "name": "film.mp4", "type": "video/mp4"},
        {"path": str(video), "name": None, "type": "video/mp4"},
        {"path": str(picture), "name": "no type", "type": ""},
    ]
    urls = run(node, store_server, key, files, proxy=proxy)["urls"]
    sent = [(picture, "image"), (video, "video"), (video, "video"), (picture, "image"), (picture, "image")]
    for url, (path, kind) in zip(urls, sent, strict=True):
        check_and_register(store_server.url, key, url, path.read_bytes(), kind)
    assert urls[0].endswith("/" + quote("holiday in Köln.png"))
    assert urls[1].endswith("/film.mp4")
    assert urls[2].endswith(".mp4")


@pytest.mark.parametrize(("store_server", "proxy"), [("disk", True), ("bucket", False)], indirect=["store_server"])
def test_large_file_is_uploaded_in_parts_with_lifecycle(
    node: str, store_server: Serve, large: Path, proxy: bool
) -> None:
    """The lifecycle is sent when the upload is created."""
    key, lifecycle, before = (
        store_server.new_key(),
        {"expiresIn": "1h", "initialAcl": HIDDEN_ACL},
        count_multipart_completions(store_server),
    )
    files = [{"path": str(large), "name": "large.bin", "type": "application/x-whatever"}]
    (url,) = run(node, store_server, key, files, lifecycle=lifecycle, proxy=proxy, nested=False)["urls"]
    assert url.endswith("/large.bin")
    assert httpx.get(url).status_code == 404
    assert serves_file(url, large, **{"X-API-Key": key})
    assert read_lifecycle(store_server, key, url) == (3600, HIDDEN_ACL)
    until(lambda: count_multipart_completions(store_server) == before + 1)


@pytest.mark.parametrize(
    ("lifecycle", "seconds", "acl"),
    [
        ({"expiresIn": "7d"}, 7 * 24 * 3600, {"default": "allow", "rules": []}),
        ({"expiresIn": 90, "initialAcl": HIDDEN_ACL}, 90, HIDDEN_ACL),
        ({"initialAcl": {"rules": HIDDEN_ACL["rules"]}}, None, {**HIDDEN_ACL, "default": "allow"}),
        ({"expiresIn": "never"}, None, {"default": "allow", "rules": []}),
    ],
    ids=str,
)
def test_lifecycle_is_applied(
    node: str, server: Serve, key: str, video: Path, lifecycle: dict[str, Any], seconds: int | None, acl: dict[str, Any]
) -> None:
    files = [{"path": str(video), "name": "film.mp4", "type": "video/mp4"}]
    (url,) = run(node, server, key, files, lifecycle=lifecycle, nested=False)["urls"]
    assert read_lifecycle(server, key, url) == (seconds, acl)


@pytest.mark.parametrize("proxy", [False, True], ids=["directly", "through the proxy"])
@pytest.mark.parametrize("key", ["wrong:key", None])
def test_invalid_key_is_reported_as_401(node: str, server: Serve, video: Path, key: str, proxy: bool) -> None:
    """Through a proxy the client sends no key; this server's proxy requires one."""
    files = [{"path": str(video), "name": "film.mp4", "type": "video/mp4"}]
    error = run(node, server, key, files, proxy=proxy)
    assert error["status"] == 401


def test_refused_file_is_reported_as_415(node: str, server: Serve, key: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("<html>")
    error = run(node, server, key, [{"path": str(tmp_path / "a.png"), "name": "a.png", "type": ""}])
    assert error["status"] == 415
