"""Size limits of each endpoint, with and without a declared size."""

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
for_each_limit = pytest.mark.parametrize(
    ("endpoint", "mime", "limit"), LIMITS, ids=lambda value: getattr(value, "name", value)
)


@for_each_limit
def test_file_of_maximum_size_is_accepted(
    http: httpx.Client, key: str, endpoint: Endpoint, mime: str, limit: int
) -> None:
    response = endpoint.send(http, key, Sample(MAKERS[mime](limit), mime))
    assert response.status_code == 200, response.text
    assert http.head(endpoint.url(response.json())).headers["content-length"] == str(limit)


@for_each_limit
def test_file_over_maximum_size_gets_400(
    http: httpx.Client, key: str, endpoint: Endpoint, mime: str, limit: int
) -> None:
    response = endpoint.send(http, key, Sample(MAKERS[mime](limit + 2), mime))
    assert response.status_code == 400, response.text
    endpoint.assert_error(response)


@pytest.mark.parametrize("path", ["/assets", "/v1/asset", "/v3/assets"])
def test_chunked_body_over_limit_gets_400(http: httpx.Client, key: str, path: str) -> None:
    endpoint = {"/assets": KREA, "/v1/asset": HEYGEN_V1, "/v3/assets": HEYGEN_V3}[path]
    raw = path == "/v1/asset"

    def body() -> Iterator[bytes]:
        if not raw:
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        data = memoryview(MAKERS["audio/wav"](102 * MIB))
        for at in range(0, len(data), MIB):
            yield data[at : at + MIB]

    headers = {"content-type": "audio/wav" if raw else "multipart/form-data; boundary=b", **bearer(key)}
    response = http.post(path, content=body(), headers=headers)
    assert response.status_code == 400
    endpoint.assert_error(response)


@pytest.mark.parametrize("size", [10**15, 10**30])
@pytest.mark.parametrize("path", ["/assets", "/v1/asset", "/v3/assets", "/files/upload"])
def test_absurd_content_length_is_refused_before_body(target: tuple[str, str], path: str, size: int) -> None:
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
