"""npm's `@fal-ai/client`, as published; its own `requestMiddleware` or `proxyUrl` says where fal is."""

import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.clients.registration import in_parts, kept, registered, same
from tests.dialects.idempotency import until
from tests.server import Serve

SCRIPT = Path(__file__).with_name("fal_upload.mjs")
HIDDEN = {"default": "hide", "rules": [{"user": "somebody", "decision": "allow"}]}


def run(node: str, server: Serve, key: str, files: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    job = {"base": server.url, "key": key, "files": files, **more}
    done = subprocess.run(
        [node, str(SCRIPT)], input=json.dumps(job), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("proxy", [False, True], ids=["directly", "through the proxy"])
def test_files_and_nameless_blobs(node: str, shop: Serve, picture: Path, film: Path, proxy: bool) -> None:
    key = shop.new_key()
    files = [
        {"path": str(picture), "name": picture.name, "type": "image/png"},
        {"path": str(film), "name": "film.mp4", "type": "video/mp4"},
        {"path": str(film), "name": None, "type": "video/mp4"},
        {"path": str(picture), "name": "no type", "type": ""},
    ]
    urls = run(node, shop, key, files, proxy=proxy)["urls"]
    sent = [(picture, "image"), (film, "video"), (film, "video"), (picture, "image"), (picture, "image")]
    for url, (path, kind) in zip(urls, sent, strict=True):
        registered(shop.url, key, url, path.read_bytes(), kind)
    assert urls[0].endswith("/" + quote("holiday in Köln.png"))
    assert urls[1].endswith("/film.mp4")
    assert urls[2].endswith(".mp4")


@pytest.mark.parametrize(("shop", "proxy"), [("disk", True), ("bucket", False)], indirect=["shop"])
def test_a_large_file_in_parts(node: str, shop: Serve, large: Path, proxy: bool) -> None:
    """With wishes about its life, which are sent when it begins."""
    key, wishes, before = shop.new_key(), {"expiresIn": "1h", "initialAcl": HIDDEN}, in_parts(shop)
    files = [{"path": str(large), "name": "large.bin", "type": "application/x-whatever"}]
    (url,) = run(node, shop, key, files, lifecycle=wishes, proxy=proxy, nested=False)["urls"]
    assert url.endswith("/large.bin")
    assert httpx.get(url).status_code == 404
    assert same(url, large, **{"X-API-Key": key})
    assert kept(shop, key, url) == (3600, HIDDEN)
    until(lambda: in_parts(shop) == before + 1)


@pytest.mark.parametrize(
    ("wishes", "seconds", "acl"),
    [
        ({"expiresIn": "7d"}, 7 * 24 * 3600, {"default": "allow", "rules": []}),
        ({"expiresIn": 90, "initialAcl": HIDDEN}, 90, HIDDEN),
        ({"initialAcl": {"rules": HIDDEN["rules"]}}, None, {**HIDDEN, "default": "allow"}),
        ({"expiresIn": "never"}, None, {"default": "allow", "rules": []}),
    ],
    ids=str,
)
def test_wishes_about_a_files_life(
    node: str, server: Serve, key: str, film: Path, wishes: dict[str, Any], seconds: int | None, acl: dict[str, Any]
) -> None:
    files = [{"path": str(film), "name": "film.mp4", "type": "video/mp4"}]
    (url,) = run(node, server, key, files, lifecycle=wishes, nested=False)["urls"]
    assert kept(server, key, url) == (seconds, acl)


@pytest.mark.parametrize("proxy", [False, True], ids=["directly", "through the proxy"])
@pytest.mark.parametrize("key", ["wrong:key", None])
def test_a_wrong_key_is_understood(node: str, server: Serve, film: Path, key: str, proxy: bool) -> None:
    """Without credentials it sends none, through a proxy of fal's kind neither: ours wants one all the same."""
    files = [{"path": str(film), "name": "film.mp4", "type": "video/mp4"}]
    error = run(node, server, key, files, proxy=proxy)
    assert error["status"] == 401


def test_a_refused_file_is_an_error(node: str, server: Serve, key: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("<html>")
    error = run(node, server, key, [{"path": str(tmp_path / "a.png"), "name": "a.png", "type": ""}])
    assert error["status"] == 415
