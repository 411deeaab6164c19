"""GET /files/b/...: Range, If-Range, 416."""

from email import message_from_bytes

import httpx
import pytest

from tests.dialects.native.hosting import DATA, SIZE, get


class TestRanges:
    """Range, If-Range, 416."""

    @pytest.mark.parametrize(
        ("asked", "first", "last"),
        [
            ("bytes=0-0", 0, 0),
            ("bytes=0-99", 0, 99),
            ("bytes=100-199", 100, 199),
            ("bytes=10-", 10, SIZE - 1),
            ("bytes=-1", SIZE - 1, SIZE - 1),
            ("bytes=-500", SIZE - 500, SIZE - 1),
            (f"bytes=-{SIZE * 9}", 0, SIZE - 1),
            (f"bytes=0-{SIZE * 9}", 0, SIZE - 1),
            (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
            ("BYTES=5-9", 5, 9),
            ("bytes=0-9,10-19", 0, 19),
            ("bytes=0-15,5-19", 0, 19),
            ("bytes=0-9, 99999999999-", 0, 9),
        ],
    )
    def test_single_range_is_served(
        self, client: httpx.Client, url: str, etag: str, asked: str, first: int, last: int
    ) -> None:
        response = get(client, url, Range=asked)
        assert response.status_code == 206
        assert response.content == DATA[first : last + 1]
        assert response.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
        assert response.headers["content-length"] == str(last - first + 1)
        assert (response.headers["etag"], response.headers["content-type"]) == (etag, "image/jpeg")
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"

    @pytest.mark.parametrize("asked", ["bytes={}-", "bytes={}-{}", "bytes=99999999999999999999-", "bytes=-0"])
    def test_unsatisfiable_range_is_416(self, client: httpx.Client, url: str, asked: str) -> None:
        response = get(client, url, Range=asked.replace("{}", str(SIZE)))
        assert (response.status_code, response.content) == (416, b"")
        assert response.headers["content-range"] == f"bytes */{SIZE}"
        assert response.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize(
        "asked",
        [
            *("bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-1", "bytes=0-1-2", "lines=0-1", "0-1", "bytes=+1-2"),
            *("bytes=1 - 2", "bytes=\xb2-\xb3", "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 200, 2))),
            "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 14, 2)),
            "bytes=" + "0-," * 1000,
        ],
        ids=lambda asked: asked[:16],
    )
    def test_malformed_range_is_ignored(self, client: httpx.Client, url: str, asked: str) -> None:
        response = client.get(url, headers={"Range": asked.encode("latin-1")})  # type: ignore[dict-item] # bytes are headers too
        assert (response.status_code, response.content) == (200, DATA)

    def test_multiple_ranges_are_multipart(self, client: httpx.Client, url: str, etag: str) -> None:
        response = get(client, url, Range="bytes=0-9, 100-149, -20")
        assert response.status_code == 206
        assert response.headers["content-type"].startswith("multipart/byteranges; boundary=")
        assert int(response.headers["content-length"]) == len(response.content)
        assert response.headers["etag"] == etag
        assert "content-range" not in response.headers
        whole = b"Content-Type: " + response.headers["content-type"].encode() + b"\r\n\r\n" + response.content
        parts = message_from_bytes(whole).get_payload()
        assert isinstance(parts, list)
        expected = [(0, 9), (100, 149), (SIZE - 20, SIZE - 1)]
        assert [part["content-range"] for part in parts] == [f"bytes {a}-{b}/{SIZE}" for a, b in expected]
        assert [part["content-type"] for part in parts] == ["image/jpeg"] * 3
        for first, last in expected:
            assert b"\r\n\r\n" + DATA[first : last + 1] + b"\r\n--" in response.content

    def test_head_ignores_range(self, client: httpx.Client, url: str) -> None:
        response = client.head(url, headers={"Range": "bytes=0-9"})
        assert (response.status_code, response.headers["content-length"]) == (200, str(SIZE))

    def test_if_range_is_honoured(self, client: httpx.Client, url: str, etag: str) -> None:
        modified = client.head(url).headers["last-modified"]
        for same in (etag, modified):
            assert get(client, url, Range="bytes=0-9", If_Range=same).status_code == 206
        for other in ('"other"', f"W/{etag}", "Mon, 01 Jan 2001 00:00:00 GMT", "nonsense", ""):
            assert get(client, url, Range="bytes=0-9", If_Range=other).content == DATA

    def test_if_none_match_precedes_range(self, client: httpx.Client, url: str, etag: str) -> None:
        assert get(client, url, Range="bytes=0-9", If_None_Match=etag).status_code == 304

    def test_interrupted_download_can_be_resumed(self, client: httpx.Client, url: str, etag: str) -> None:
        begun = get(client, url, Range="bytes=0-9999").content
        rest = get(client, url, Range="bytes=10000-", If_Range=etag)
        assert rest.status_code == 206
        assert begun + rest.content == DATA
