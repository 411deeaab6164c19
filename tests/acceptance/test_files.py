"""The public URL of a file: GET and HEAD, ranges, preconditions, names and security headers."""

from email.utils import parsedate_to_datetime
from urllib.parse import unquote

import httpx
import pytest

from tests import samples
from tests.acceptance.endpoints import KREA, Sample

DATA = samples.mp3()
SIZE = len(DATA)


@pytest.fixture(scope="module")
def url(http: httpx.Client, target: tuple[str, str]) -> str:
    response = KREA.send(http, target[1], Sample(DATA, "audio/mpeg", "tone.mp3"))
    return KREA.url(response.raise_for_status().json())


def test_get_returns_bytes_with_headers(http: httpx.Client, url: str) -> None:
    response = http.get(url)
    assert (response.status_code, response.content) == (200, DATA)
    assert response.headers["content-length"] == str(SIZE)
    assert response.headers["content-type"] == "audio/mpeg"
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["etag"].startswith('"'), "a strong entity tag"
    assert "immutable" in response.headers["cache-control"]
    assert parsedate_to_datetime(response.headers["last-modified"])


def test_head_returns_headers_of_get(http: httpx.Client, url: str) -> None:
    volatile = {"date", "x-request-id"}
    got, head = http.get(url), http.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert {n: v for n, v in head.headers.items() if n not in volatile} == {
        n: v for n, v in got.headers.items() if n not in volatile
    }


def test_security_headers_are_sent(http: httpx.Client, url: str) -> None:
    headers = http.get(url).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"]


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, SIZE - 1),
        ("bytes=10-19", 10, 19),
        ("bytes=-5", SIZE - 5, SIZE - 1),
        (f"bytes=5-{SIZE * 9}", 5, SIZE - 1),
        (f"bytes=-{SIZE * 9}", 0, SIZE - 1),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
        ("BYTES=1-2", 1, 2),
        ("bytes= 1-2 , 3-4", 1, 4),
    ],
)
def test_single_range_gets_206(http: httpx.Client, url: str, header: str, first: int, last: int) -> None:
    response = http.get(url, headers={"range": header})
    assert response.status_code == 206
    assert response.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert response.content == DATA[first : last + 1]


def test_multiple_ranges_get_multipart_byteranges(http: httpx.Client, url: str) -> None:
    response = http.get(url, headers={"range": "bytes=0-3,100-103,-4"})
    assert response.status_code == 206
    kind, _, boundary = response.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    assert len(response.content) == int(response.headers["content-length"])
    parts = response.content.split(b"--" + boundary.encode())
    assert [part.partition(b"\r\n\r\n")[2][:4] for part in parts[1:-1]] == [DATA[:4], DATA[100:104], DATA[-4:]]


@pytest.mark.parametrize("header", [f"bytes={SIZE}-", f"bytes={SIZE * 2}-{SIZE * 3}", "bytes=-0"])
def test_unsatisfiable_range_gets_416(http: httpx.Client, url: str, header: str) -> None:
    response = http.get(url, headers={"range": header})
    assert (response.status_code, response.headers["content-range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "header", ["bytes=5-2", "bytes=a-b", "bytes", "bytes=", "lines=1-2", "bytes=--1", "bytes=1-2-3"]
)
def test_malformed_range_is_ignored(http: httpx.Client, url: str, header: str) -> None:
    response = http.get(url, headers={"range": header})
    assert (response.status_code, response.content) == (200, DATA)


def test_preconditions_decide_status(http: httpx.Client, url: str) -> None:
    whole = http.get(url)
    etag, modified = whole.headers["etag"], whole.headers["last-modified"]

    def status(**headers: str) -> int:
        return http.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()}).status_code

    assert status(if_none_match=etag) == status(if_none_match=f'"x", W/{etag}') == status(if_none_match="*") == 304
    assert status(if_none_match='"x"', if_modified_since=modified) == 200
    assert status(if_modified_since=modified) == 304
    assert status(if_modified_since="Thu, 01 Jan 1970 00:00:00 GMT") == 200
    assert status(if_match='"x"') == status(if_unmodified_since="Thu, 01 Jan 1970 00:00:00 GMT") == 412
    assert status(if_match=etag, range="bytes=0-1") == 206
    assert status(if_range=etag, range="bytes=0-1") == status(if_range=modified, range="bytes=0-1") == 206
    assert status(if_range='"x"', range="bytes=0-1") == status(if_range=f"W/{etag}", range="bytes=0-1") == 200


def test_304_has_etag_and_no_body(http: httpx.Client, url: str) -> None:
    etag = http.get(url).headers["etag"]
    response = http.head(url, headers={"if-none-match": etag})
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize(
    "name", ["Grüße 犬.mp3", 'a"b\\c.mp3', "../../etc/passwd", "a%2Fb.mp3", "\r\nX-Evil: 1.mp3", "\u202e3pm.exe"]
)
def test_unsafe_characters_are_removed_from_names(http: httpx.Client, key: str, name: str) -> None:
    response = KREA.send(http, key, Sample(DATA, "audio/mpeg", name))
    address = KREA.url(response.raise_for_status().json())
    served = http.get(address)
    assert served.content == DATA
    assert "x-evil" not in served.headers
    last = unquote(address.rsplit("/", 1)[-1])
    assert last.endswith(".mp3")
    assert not set(last) & set('"\\/\r\n\u202e')
    disposition = served.headers["content-disposition"]
    assert disposition.startswith("inline")
    if name.startswith("Gr"):
        assert last == name
        assert "filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%E7%8A%AC.mp3" in disposition


@pytest.mark.parametrize(
    "path", ["/files/b/0/x", "/files/b/%00/x", f"/files/b/{'0' * 32}/x", "/files/", "/files/b/..%2f/x"]
)
def test_unknown_file_gets_404(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_other_methods_get_405(http: httpx.Client, url: str) -> None:
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert http.request(method, url).status_code == 405
