"""`Expect: 100-continue`: an upload refused by its headers sends no body, an accepted one is sent in full."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests import samples
from tests.refusals.wire import LAST, exchange, parse_responses, post
from tests.server import Serve

ENDPOINTS = ["/assets", "/v1/asset", "/v3/assets", "/files/upload"]


def curl(url: str, key: str, *arguments: str) -> tuple[int, int]:
    """Return the status and the number of body bytes that were sent."""
    program = shutil.which("curl") or pytest.skip("needs curl")
    command = [program, "-sS", "-o", "/dev/null", "-w", "%{http_code} %{size_upload}", "--expect100-timeout", "30"]
    command += ["-H", f"x-api-key: {key}", "-H", "Expect: 100-continue", *arguments, url]
    status, sent = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(status), int(sent)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_unauthorized_or_rate_limited_upload_sends_no_body(
    strict_server: Serve, exhausted_key: str, large_file: Path, path: str
) -> None:
    assert curl(strict_server.url + path, "nonsense", "-F", f"file=@{large_file}") == (401, 0)
    assert curl(strict_server.url + path, "nonsense", "--data-binary", f"@{large_file}") == (401, 0)
    assert curl(strict_server.url + path, exhausted_key, "--data-binary", f"@{large_file}") == (429, 0)


def test_upload_with_too_large_content_length_sends_no_body(
    strict_server: Serve, fresh_key: str, large_file: Path
) -> None:
    assert curl(strict_server.url + "/v3/assets", fresh_key, "-F", f"file=@{large_file}") == (400, 0)
    assert curl(strict_server.url + "/files/upload", fresh_key, "--data-binary", f"@{large_file}") == (413, 0)


def test_accepted_upload_gets_100_continue(strict_server: Serve, fresh_key: str, tmp_path: Path) -> None:
    unique_jpeg = tmp_path / "picture.png"
    unique_jpeg.write_bytes(samples.png())
    sent = curl(
        strict_server.url + "/v1/asset", fresh_key, "--data-binary", f"@{unique_jpeg}", "-H", "Content-Type: image/png"
    )
    assert sent == (200, len(samples.png()))


def test_body_sent_after_refusal_is_not_read_as_request(strict_server: Serve) -> None:
    """A client need not wait for 100 Continue. Its announced body must never be read as a request."""
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled\r\n\r\n"
    head = post("/v1/asset", "nonsense", {"Expect": "100-continue", "Content-Length": str(len(smuggled))})
    for chunks in ([head, smuggled + LAST], [head + smuggled + LAST]):
        first, *rest = parse_responses(exchange(strict_server.port, *chunks))
        assert first == (401, "outer")
        assert rest in ([], [(200, "last")]), "closed the connection, or continued after the body"
