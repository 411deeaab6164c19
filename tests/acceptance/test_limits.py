"""Each door's largest file goes in; two bytes more do not, whether the size was declared or not."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.acceptance.endpoints import HEYGEN_V1, HEYGEN_V3, KREA, Endpoint, Sample, bearer
from tests.acceptance.sizes import MAKERS, MIB

LIMITS = [
    (KREA, "audio/wav", 75 * MIB),
    (KREA, "video/mp4", 75 * MIB),
    (HEYGEN_V1, "image/png", 50 * MIB),
    (HEYGEN_V1, "audio/wav", 50 * MIB),
    (HEYGEN_V1, "video/mp4", 100 * MIB),
    (HEYGEN_V3, "audio/wav", 32 * MIB),
]
each = pytest.mark.parametrize(("endpoint", "mime", "limit"), LIMITS, ids=lambda value: getattr(value, "name", value))


@each
def test_the_largest_file_goes_in(http: httpx.Client, key: str, endpoint: Endpoint, mime: str, limit: int) -> None:
    answer = endpoint.send(http, key, Sample(MAKERS[mime](limit), mime))
    assert answer.status_code == 200, answer.text
    assert http.head(endpoint.url(answer.json())).headers["content-length"] == str(limit)


@each
def test_two_bytes_more_are_refused(http: httpx.Client, key: str, endpoint: Endpoint, mime: str, limit: int) -> None:
    answer = endpoint.send(http, key, Sample(MAKERS[mime](limit + 2), mime))
    assert answer.status_code == 400, answer.text
    endpoint.refused(answer)


@pytest.mark.parametrize("path", ["/assets", "/v1/asset", "/v3/assets"])
def test_a_body_of_undeclared_size_is_cut_off_at_the_limit(http: httpx.Client, key: str, path: str) -> None:
    endpoint = {"/assets": KREA, "/v1/asset": HEYGEN_V1, "/v3/assets": HEYGEN_V3}[path]
    raw = path == "/v1/asset"

    def body() -> Iterator[bytes]:
        if not raw:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        data = memoryview(MAKERS["audio/wav"](102 * MIB))
        for at in range(0, len(data), MIB):
            yield data[at : at + MIB]

    headers = {"content-type": "audio/wav" if raw else "multipart/form-data; boundary=b", **bearer(key)}
    answer = http.post(path, content=body(), headers=headers)
    assert answer.status_code == 400
    endpoint.refused(answer)


@pytest.mark.parametrize("size", [10**15, 10**30])
@pytest.mark.parametrize("path", ["/assets", "/v1/asset", "/v3/assets", "/files/upload"])
def test_an_absurd_size_is_refused_before_a_byte_is_sent(target: tuple[str, str], path: str, size: int) -> None:
    url = httpx.URL(target[0])
    if url.scheme != "http":
        pytest.skip("speaks over a plain socket")
    request = (
        f"POST {path} HTTP/1.1\r\nHost: {url.netloc.decode()}\r\nAuthorization: Bearer {target[1]}\r\n"
        f"Content-Type: {'audio/wav' if path in ('/v1/asset', '/files/upload') else 'multipart/form-data; boundary=b'}"
        f"\r\nContent-Length: {size}\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
        connection.sendall(request.encode())
        status = int(connection.makefile("rb").readline().split()[1])
    assert status in (400, 413)
